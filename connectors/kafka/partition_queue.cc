#include "connectors/kafka/partition_queue.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/not_allowed.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// How long the worker waits in Gap for the first and the last offset.
constexpr int kAnswerMs = 1000;
constexpr absl::Duration kLookEvery = absl::Seconds(1);

uint64_t HashOf(const FetchedRecord& record) {
  std::string bytes(reinterpret_cast<const char*>(&record.time_ms),
                    sizeof record.time_ms);
  bytes.append(record.key.data(), record.key.size());
  bytes.append(record.value.data(), record.value.size());
  return HashBytes(bytes);
}

void SetMark(const FetchedRecord& record, PartitionSplit& position) {
  position.mark_offset = record.offset;
  position.mark_hash = HashOf(record);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PartitionQueue>> PartitionQueue::Open(
    const PartitionSplit& start, const Surroundings& surroundings) {
  rd_kafka_t* const client = surroundings.client->get();
  rd_kafka_topic_t* topic =
      rd_kafka_topic_new(client, start.topic.c_str(), nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  std::unique_ptr<PartitionQueue> result(
      new PartitionQueue(start, surroundings, topic, queue));
  WakeOnEvents(queue, surroundings.wake);
  RETURN_IF_ERROR(result->Start());
  return result;
}

absl::Status PartitionQueue::Start() {
  checks_mark_ = position_.mark_offset >= 0 &&
                 position_.mark_offset < position_.next_offset;
  return StartAt(checks_mark_ ? position_.mark_offset
                              : position_.next_offset);
}

absl::Status PartitionQueue::StartAt(int64_t offset) {
  if (offset == PartitionSplit::kEarliest) offset = RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_consume_start_queue(topic_, position_.partition, offset,
                                   queue_) != -1) {
    is_started_ = true;
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("cannot fetch from ", position_.topic, ": ",
                   rd_kafka_err2str(rd_kafka_last_error())));
}

void PartitionQueue::Stop() {
  if (std::exchange(is_started_, false)) {
    rd_kafka_consume_stop(topic_, position_.partition);
  }
}

PartitionQueue::~PartitionQueue() {
  Release();
  rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  Stop();
  rd_kafka_queue_destroy(queue_);
  rd_kafka_topic_destroy(topic_);
}

void PartitionQueue::Release() {
  if (!taken_.empty()) SetMark(taken_.back(), position_);
  for (rd_kafka_message_t* message : fetched_) {
    rd_kafka_message_destroy(message);
  }
  fetched_.clear();
  taken_.clear();
}

absl::StatusOr<const std::vector<FetchedRecord>*> PartitionQueue::Fetch(
    int most) {
  bool was_full = false;
  do {
    Release();
    if (ended()) break;
    if (!is_started_) {
      RETURN_IF_ERROR(LookAgain());
      break;
    }
    fetched_.resize(most);
    const ssize_t count = rd_kafka_consume_batch_queue(
        queue_, /*timeout_ms=*/0, fetched_.data(), fetched_.size());
    fetched_.resize(count < 0 ? 0 : count);
    if (client_.TakePartitionGone()) {
      // What comes with that may be of another topic of its name.
      Release();
      RETURN_IF_ERROR(Doubt(Gone()));
      break;
    }
    for (rd_kafka_message_t* message : fetched_) {
      RETURN_IF_ERROR(Take(message));
      if (!is_started_) break;
    }
    if (!taken_.empty()) doubted_since_nanos_ = 0;
    was_full = fetched_.size() == static_cast<size_t>(most);
    // Of what a full fetch of nothing but skipped records leaves in the queue
    // no wake-up would tell.
  } while (was_full && taken_.empty());
  return &taken_;
}

PartitionSplit PartitionQueue::PositionBehind(size_t consumed) const {
  PartitionSplit position = position_;
  if (consumed < taken_.size()) {
    position.next_offset = taken_[consumed].offset;
  }
  if (consumed > 0 && consumed <= taken_.size()) {
    SetMark(taken_[consumed - 1], position);
  }
  return position;
}

int64_t PartitionQueue::Behind() const {
  int64_t low = -1;
  int64_t high = -1;
  const rd_kafka_resp_err_t error = rd_kafka_get_watermark_offsets(
      client_.get(), position_.topic.c_str(), position_.partition, &low,
      &high);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return -1;
  return std::max<int64_t>(
      high - std::max<int64_t>(position_.next_offset, low), 0);
}

absl::Status PartitionQueue::CheckCluster() {
  const std::string cluster = client_.cluster_id();
  if (cluster.empty()) return absl::OkStatus();
  knows_cluster_ = true;
  if (position_.cluster.empty()) position_.cluster = cluster;
  if (position_.cluster == cluster) return absl::OkStatus();
  return UserError(
      {.code = "SRC-0310",
       .what = "the topic is read from another Kafka cluster than before",
       .where = Where(),
       .why = absl::StrCat("cluster.id was ", position_.cluster, " and is ",
                           cluster, ": offsets of the one say nothing in the "
                           "other"),
       .fix = "Set 'properties.bootstrap.servers' back, or start the job anew "
              "(--fresh, or a new 'pipeline.name')."});
}

absl::Status PartitionQueue::CheckMark(const rd_kafka_message_t& message) {
  checks_mark_ = false;
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    // It alone may have expired.
    Stop();
    return StartAt(position_.next_offset);
  }
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (message.offset < position_.next_offset) return Doubt(Gap());
    doubted_since_nanos_ = 0;
    return absl::OkStatus();
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    checks_mark_ = true;
    return Failed(message.err);
  }
  if (message.offset != position_.mark_offset ||
      HashOf(FromMessage(message, position_.topic)) == position_.mark_hash) {
    doubted_since_nanos_ = 0;
    return absl::OkStatus();
  }
  return UserError(
      {.code = "SRC-0311",
       .what = absl::StrCat("the record at offset ", message.offset,
                            " is not the one that was read there"),
       .where = Where(),
       .why = "the topic was deleted and made again",
       .fix = "Start the job anew (--fresh, or a new 'pipeline.name'); what "
              "the old topic held beyond this offset was not read."});
}

absl::Status PartitionQueue::Doubt(absl::Status why) {
  Stop();
  const int64_t now = clock_->SteadyNanos();
  doubted_nanos_ = now;
  if (why.ok()) return why;
  if (doubted_since_nanos_ == 0) doubted_since_nanos_ = now;
  const bool is_believed =
      now - doubted_since_nanos_ >= absl::ToInt64Nanoseconds(kPatience);
  return is_believed ? why : absl::OkStatus();
}

absl::Status PartitionQueue::LookAgain() {
  if (clock_->SteadyNanos() <
      doubted_nanos_ + absl::ToInt64Nanoseconds(kLookEvery)) {
    return absl::OkStatus();
  }
  // What was asked for another partition's sake will do.
  const TopicInquiry::Answer* answer = inquiry_.AnswerSince(doubted_nanos_);
  if (answer == nullptr) return absl::OkStatus();
  if (answer->error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    doubted_since_nanos_ = 0;
    return Doubt(absl::OkStatus());
  }
  const auto topic = answer->topics.find(position_.topic);
  if (topic == answer->topics.end()) return Doubt(Gone());
  if (topic->second.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    RETURN_IF_ERROR(Failed(topic->second.error));
    return Doubt(absl::OkStatus());
  }
  return topic->second.partitions > position_.partition ? Start()
                                                        : Doubt(Gone());
}

absl::Status PartitionQueue::Take(rd_kafka_message_t* message) {
  // Whoever sends anything has said who it is, if it ever does.
  if (!knows_cluster_) RETURN_IF_ERROR(CheckCluster());
  if (checks_mark_) {
    RETURN_IF_ERROR(CheckMark(*message));
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  }
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    doubted_since_nanos_ = 0;
    // Control records may stand between the last record and the end.
    if (message->offset > position_.next_offset) {
      position_.next_offset = message->offset;
    }
    return absl::OkStatus();
  }
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(message->err);
  if (message->offset < position_.next_offset || ended()) {
    return absl::OkStatus();
  }
  if (position_.end_offset != PartitionSplit::kNoEnd &&
      message->offset >= position_.end_offset) {
    position_.next_offset = position_.end_offset;
    return absl::OkStatus();
  }
  position_.next_offset = message->offset + 1;
  taken_.push_back(FromMessage(*message, position_.topic));
  return absl::OkStatus();
}

// Everything that the library mends by itself (a broker away, a new leader)
// is no failure: fetching goes on when it is back.
absl::Status PartitionQueue::Failed(int error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Doubt(Gap());
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Doubt(Gone());
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return NotAllowed(client_, position_.topic, Where(), error);
    default: return absl::OkStatus();
  }
}

absl::Status PartitionQueue::Gone() const {
  return UserError(
      {.code = "SRC-0305",
       .what = "the partition is gone",
       .where = Where(),
       .why = "the topic was deleted while it was read",
       .fix = "Create it again, or change the table, and start the job anew "
              "(--fresh, or a new 'pipeline.name')."});
}

std::string PartitionQueue::Where() const {
  return absl::StrCat("topic ", position_.topic, ", partition ",
                      position_.partition, ", offset ",
                      position_.next_offset);
}

absl::Status PartitionQueue::Gap() const {
  int64_t low = -1;
  int64_t high = -1;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      client_.get(), position_.topic.c_str(), position_.partition, &low,
      &high, kAnswerMs);
  const int64_t next = position_.next_offset;
  const bool is_answered = error == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (is_answered && low <= next && next <= high) return absl::OkStatus();
  std::string what = "the records to be read next are no longer there";
  std::string why = "they expired, or the topic was deleted and made again";
  if (is_answered && next < low) {
    absl::StrAppend(&what, ": [", next, ", ", low, ") are gone");
    why = "they expired before they were read, or the topic was deleted and "
          "made again";
  } else if (is_answered) {
    absl::StrAppend(&what, ": the partition ends at ", high, ", [", high, ", ",
                    next, ") are gone");
    why = "the topic was deleted and made again, or a broker lost them";
  }
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "SRC-0304",
       .what = std::move(what),
       .where = Where(),
       .why = std::move(why),
       .fix = "Raise the topic's retention, and start anew from "
              "'scan.startup.mode' = 'earliest-offset' (--fresh, or a new "
              "'pipeline.name') if what is there is to be read."});
}

}  // namespace millrace::kafka
