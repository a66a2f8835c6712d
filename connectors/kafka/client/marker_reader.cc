#include "connectors/kafka/client/marker_reader.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "connectors/kafka/client/client_handle.h"

namespace millrace::kafka {
namespace {

using session::Answer;
using session::Outcome;

constexpr int kMetadataMs = 5000;
constexpr int kPollMs = 100;

// Without it the first fetch waits for half a second.
void FetchMetadata(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* const handle =
      rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, /*all_topics=*/0, handle, &metadata,
                        kMetadataMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
}

absl::string_view KeyOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.key), message.key_len};
}

absl::string_view ValueOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

// Takes what the consumer gives; true: `answer` is the answer.
bool Take(const rd_kafka_message_t& message,
          const session::ReadMarkers& request, Answer& answer) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      answer = Answer();
      answer.is_out_of_range = true;
      return true;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      answer = {.outcome = Outcome::kRefused,
                .why = rd_kafka_err2str(message.err)};
      return true;
    default:
      answer.why = rd_kafka_err2str(message.err);
      return false;
  }
  if (KeyOf(message) == request.nonce_key &&
      ValueOf(message) == request.nonce) {
    answer.outcome = Outcome::kOk;
    return true;
  }
  if (KeyOf(message) == request.key) {
    answer.marker = std::string(ValueOf(message));
    answer.offset = message.offset;
  }
  return false;
}

}  // namespace

Answer ReadMarkers(const SessionOptions& options,
                   const session::ReadMarkers& request,
                   const std::function<bool()>& is_stopping) {
  ClientProperties properties = {.values = options.properties, .notices = {}};
  properties.values["group.id"] = request.key;  // It is never joined.
  properties.values["enable.auto.commit"] = "false";
  properties.values["isolation.level"] = "read_committed";
  properties.values["auto.offset.reset"] = "error";
  properties.values["check.crcs"] = "true";
  auto client = ClientHandle::Open(ClientHandle::Role::kConsumer, properties,
                                   {{"fetch.wait.max.ms", "20"}});
  if (!client.ok()) {
    return {.outcome = Outcome::kRefused,
            .why = std::string(client.status().message())};
  }
  rd_kafka_t* const consumer = (*client)->get();
  FetchMetadata(consumer, request.topic);
  rd_kafka_topic_partition_list_t* const list =
      rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, request.topic.c_str(),
                                    request.partition)
      ->offset = request.from_offset < 0 ? RD_KAFKA_OFFSET_BEGINNING
                                         : request.from_offset;
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  Answer answer = {.outcome = Outcome::kRetriable,
                   .why = "the commits topic could not be read in time"};
  absl::Time until = absl::Now() + kSilence;
  while (absl::Now() < until && !is_stopping()) {
    const std::unique_ptr<rd_kafka_message_t,
                          decltype(&rd_kafka_message_destroy)>
        message(rd_kafka_consumer_poll(consumer, kPollMs),
                rd_kafka_message_destroy);
    if (message == nullptr) continue;
    if (Take(*message, request, answer)) break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      until = absl::Now() + kSilence;
    }
  }
  return answer;
}

}  // namespace millrace::kafka
