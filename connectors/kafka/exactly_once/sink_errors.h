#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace::kafka {

// What people are told when an exactly-once sink cannot go on.
class SinkErrors {
 public:
  SinkErrors(std::string table, std::string brokers)
      : table_(std::move(table)), brokers_(std::move(brokers)) {}

  // SNK-0302, kUnavailable: no broker answered since the job began.
  absl::Status NobodyThere(absl::string_view why) const;
  // SNK-0304: it is missing or too small, and Kafka will not have it made.
  absl::Status CommitsTopicCannotBeMade(absl::string_view topic,
                                        int partitions, std::string why) const;
  // SNK-0305: `id` is used by another job too, which wrote as `other` last.
  absl::Status Fenced(absl::string_view id, absl::string_view other) const;
  // SNK-0306: what Kafka has of `id` does not fit what was sealed.
  absl::Status MarkerLost(absl::string_view id, absl::string_view topic,
                          int partition, std::string why) const;
  // SNK-0308: Kafka refuses a step of the protocol.
  absl::Status Refused(absl::string_view step, absl::string_view id,
                       std::string why) const;

 private:
  const std::string table_;
  const std::string brokers_;
};

}  // namespace millrace::kafka
