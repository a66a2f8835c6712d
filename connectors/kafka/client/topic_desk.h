#pragma once

#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/exactly_once/kafka_session.h"

struct rd_kafka_metadata;

namespace millrace::kafka {

// Asks brokers about topics and has them make some. Calls block, up to
// kTimeout each. One thread.
class TopicDesk {
 public:
  static constexpr absl::Duration kTimeout = absl::Seconds(5);

  // `client` outlives this.
  explicit TopicDesk(ClientHandle& client) : client_(client) {}

  // Settings that may not be read are left out.
  session::Answer Describe(const session::Describe& request);
  session::Answer Make(const session::MakeTopic& request);

 private:
  // What a broker's metadata says of the topic.
  session::Answer Look(const std::string& topic, session::TopicFacts& facts);
  // So; and a broker that makes topics that are asked for makes it.
  session::Answer AskFor(const std::string& topic, session::TopicFacts& facts);
  session::Answer TakeMetadata(int error,
                               const struct rd_kafka_metadata* metadata,
                               session::TopicFacts& facts);
  // Fills the settings of all of them, and of the broker that was asked.
  void ReadSettings(session::Answer& answer);
  session::Answer Create(const session::MakeTopic& request);
  session::Answer Grow(const session::MakeTopic& request);
  session::Answer Unanswered(int error) const;

  ClientHandle& client_;
  // Of the metadata seen last.
  int brokers_ = 0;
  int broker_ = -1;
};

}  // namespace millrace::kafka
