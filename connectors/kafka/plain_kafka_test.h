#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/exactly_once/kafka_session.h"
#include "connectors/kafka/exactly_once/sealed_block.h"

namespace millrace::kafka::sealing_writer_test {

// A Kafka where nothing goes wrong, but that it may keep its answers back, and
// be away.
class PlainKafka final : public KafkaPort {
 public:
  absl::StatusOr<std::unique_ptr<KafkaSession>> Open(
      const SessionOptions&) override {
    return std::make_unique<Session>(this);
  }
  void Release() {
    holds = false;
    chunks_held = 0;
    for (; !held.empty(); held.pop_front()) held.front()();
  }

  std::vector<std::string> visible;  // Values of committed records.
  std::optional<std::string> marker;
  int64_t max_message_bytes = 1 << 20;
  bool holds = false;
  bool is_away = false;
  bool takes_nothing = false;  // It tells of its topics alone.
  size_t chunks_held = 0;
  std::deque<std::function<void()>> held;

 private:
  class Session final : public KafkaSession {
   public:
    explicit Session(PlainKafka* kafka) : kafka_(*kafka) {}
    void Ask(session::Request request, absl::Duration, Done done) override {
      auto answer = [this, request, done] { done(Answer(request)); };
      kafka_.chunks_held += std::holds_alternative<session::SendChunk>(request);
      kafka_.held.push_back(answer);
      if (!kafka_.holds) kafka_.Release();
    }

   private:
    session::Answer Answer(const session::Request& request) {
      session::Answer answer;
      const bool is_look = std::holds_alternative<session::Describe>(request);
      if (kafka_.is_away || (kafka_.takes_nothing && !is_look)) {
        answer.outcome = kafka_.is_away ? session::Outcome::kRetriable
                                        : session::Outcome::kUnknown;
        answer.why = "nobody there";
      } else if (std::holds_alternative<session::Describe>(request)) {
        session::TopicFacts topic = {.name = "out",
                                     .exists = true,
                                     .partitions = 4,
                                     .replicas = 3};
        topic.config["max.message.bytes"] =
            absl::StrCat(kafka_.max_message_bytes);
        answer.topics = {topic, topic};
      } else if (std::holds_alternative<session::ReadMarkers>(request)) {
        answer.marker = kafka_.marker;
      } else if (auto* send = std::get_if<session::SendChunk>(&request)) {
        BlockReader reader(send->chunk->blocks);
        while (const auto record = *reader.Next()) {
          open_.emplace_back(*record->value);
        }
      } else if (auto* marker = std::get_if<session::SendMarker>(&request)) {
        marker_ = marker->value;
      } else if (std::holds_alternative<session::Commit>(request)) {
        kafka_.visible.insert(kafka_.visible.end(), open_.begin(), open_.end());
        open_.clear();
        kafka_.marker = marker_;
      }
      return answer;
    }

    PlainKafka& kafka_;
    std::vector<std::string> open_;
    std::string marker_;
  };
};

}  // namespace millrace::kafka::sealing_writer_test
