#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "connectors/kafka/exactly_once/kafka_session.h"

namespace millrace::kafka {

// The topics of an exactly-once sink and what of their settings decides whether
// its promise can be kept.
struct SinkTopics {
  std::string table;    // For messages.
  std::string brokers;
  std::string output;
  std::string commits;
  int32_t partitions = 1;  // That `commits` must have.
  absl::Duration transaction_timeout;
};

// What was found of them.
struct TopicFindings {
  // Not OK: nothing can be sent before somebody mends it; SNK-0304 names the
  // setting and the command. kUnavailable: the output topic is not there (yet).
  absl::Status wrong;
  // Missing, or too small: to be made first.
  std::optional<session::MakeTopic> make;
  // Settings under which a broker's death may lose what was acknowledged.
  std::vector<std::string> warnings;
};

// `answer` is to Describe{{output, commits}}.
TopicFindings CheckTopics(const SinkTopics& topics,
                          const session::Answer& answer);

}  // namespace millrace::kafka
