#include "connectors/kafka/partition_queue.h"

#include <librdkafka/rdkafka.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {

absl::StatusOr<std::unique_ptr<PartitionQueue>> PartitionQueue::Open(
    const PartitionSplit& start, ClientHandle& client,
    const std::function<void()>* wake) {
  rd_kafka_topic_t* topic =
      rd_kafka_topic_new(client.get(), start.topic.c_str(), nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  std::unique_ptr<PartitionQueue> result(
      new PartitionQueue(start, topic, queue));
  WakeOnEvents(queue, wake);
  const int64_t offset = start.next_offset == PartitionSplit::kEarliest
                             ? RD_KAFKA_OFFSET_BEGINNING
                             : start.next_offset;
  if (rd_kafka_consume_start_queue(topic, start.partition, offset, queue) ==
      -1) {
    return absl::UnavailableError(
        absl::StrCat("cannot fetch from ", start.topic, ": ",
                     rd_kafka_err2str(rd_kafka_last_error())));
  }
  return result;
}

PartitionQueue::~PartitionQueue() {
  Release();
  rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  rd_kafka_consume_stop(topic_, position_.partition);
  rd_kafka_queue_destroy(queue_);
  rd_kafka_topic_destroy(topic_);
}

void PartitionQueue::Release() {
  for (rd_kafka_message_t* message : fetched_) {
    rd_kafka_message_destroy(message);
  }
  fetched_.clear();
  taken_.clear();
}

absl::StatusOr<const std::vector<rd_kafka_message_t*>*> PartitionQueue::Fetch(
    int most) {
  bool was_full = false;
  do {
    Release();
    if (ended()) break;
    fetched_.resize(most);
    const ssize_t count = rd_kafka_consume_batch_queue(
        queue_, /*timeout_ms=*/0, fetched_.data(), fetched_.size());
    fetched_.resize(count < 0 ? 0 : count);
    for (rd_kafka_message_t* message : fetched_) {
      RETURN_IF_ERROR(Take(message));
    }
    was_full = fetched_.size() == static_cast<size_t>(most);
    // Of what a full fetch of nothing but skipped records leaves in the queue
    // no wake-up would tell.
  } while (was_full && taken_.empty());
  return &taken_;
}

absl::Status PartitionQueue::Take(rd_kafka_message_t* message) {
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    // Control records may stand between the last record and the end.
    if (message->offset > position_.next_offset) {
      position_.next_offset = message->offset;
    }
    return absl::OkStatus();
  }
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(*message);
  if (message->offset < position_.next_offset || ended()) {
    return absl::OkStatus();
  }
  if (position_.end_offset != PartitionSplit::kNoEnd &&
      message->offset >= position_.end_offset) {
    position_.next_offset = position_.end_offset;
    return absl::OkStatus();
  }
  position_.next_offset = message->offset + 1;
  taken_.push_back(message);
  return absl::OkStatus();
}

// Everything that the library mends by itself (a broker away, a new leader)
// is no failure: fetching goes on when it is back.
absl::Status PartitionQueue::Failed(const rd_kafka_message_t& message) const {
  const std::string where =
      absl::StrCat("topic ", position_.topic, ", partition ",
                   position_.partition, ", offset ", position_.next_offset);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return MakeError(
          absl::StatusCode::kDataLoss,
          {.code = "SRC-0304",
           .what = "the records to be read next are no longer there",
           .where = where,
           .why = "they expired, or the topic was deleted and made again",
           .fix = "Raise the topic's retention, or start anew from "
                  "'scan.startup.mode' = 'earliest-offset'."});
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return UserError({.code = "SRC-0305",
                        .what = "the partition is gone",
                        .where = where,
                        .why = "the topic was deleted while it was read",
                        .fix = "Create it again, or change the table."});
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return UserError({.code = "SRC-0306",
                        .what = "the broker refuses to let this client read",
                        .where = where,
                        .why = rd_kafka_err2str(message.err),
                        .fix = "Grant READ and DESCRIBE on the topic."});
    default: return absl::OkStatus();
  }
}

}  // namespace millrace::kafka
