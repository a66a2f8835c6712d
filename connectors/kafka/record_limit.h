#pragma once

#include <cstdint>
#include <string>

#include "connectors/kafka/exactly_once/kafka_session.h"
#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/committing_writer.h"

namespace millrace::kafka {

// How large a record may be that an exactly-once sink seals: what is sealed has
// to be sent one day (R12), so the smallest of what the topic takes, what the
// client was told to send at most, and what its queue holds at once. A topic
// whose settings may not be read is believed to take what the table says, else
// Kafka's default.
class RecordLimit {
 public:
  // Kafka's, of a topic whose settings may not be read.
  static constexpr int64_t kDefaultBytes = 1'048'588;

  RecordLimit(const KafkaSettings& settings, const session::TopicFacts& topic);

  bool Takes(const OutputRecord& record) const {
    return SizeOf(record) <= bytes_;
  }
  // What is told of one that it does not take; SNK-0303.
  CommittingWriter::Refused Refuse(const std::string& table,
                                   const OutputRecord& record) const;

  int64_t bytes() const { return bytes_; }

 private:
  // With the batch that it stands in: headers, lengths, times.
  static int64_t SizeOf(const OutputRecord& record);
  void Lower(int64_t bytes, std::string whose);
  // How to have a record of so many bytes taken.
  std::string FixFor(int64_t size) const;

  std::string topic_;
  std::string brokers_;
  int64_t bytes_ = SessionOptions::kQueueBytes;
  std::string whose_ = "a client keeps no more";
  bool is_topics_ = false;
  bool is_guessed_ = false;  // The topic's settings may not be read.
};

}  // namespace millrace::kafka
