#include "connectors/kafka/kafka_reader.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {

namespace {

constexpr int kLearnMs = 1000;
constexpr int64_t kUpdateNanos = 1'000'000'000;

// A partition of a topic that the client has not heard of is looked up only
// every half second, so it is asked about all of them at once. Blocks for a
// round trip, or kLearnMs while no broker answers, which others report.
void LearnTopics(ClientHandle& client, const std::vector<std::string>& topics) {
  const rd_kafka_metadata_t* metadata = nullptr;
  for (const std::string& name : topics) {
    rd_kafka_topic_t* topic =
        rd_kafka_topic_new(client.get(), name.c_str(), nullptr);
    const auto error = rd_kafka_metadata(client.get(), /*all_topics=*/0, topic,
                                         &metadata, kLearnMs);
    rd_kafka_topic_destroy(topic);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    rd_kafka_metadata_destroy(metadata);
  }
}

absl::Status NotCommitted(const PartitionSplit& split) {
  const bool start = split.next_offset == PartitionSplit::kNotCommitted;
  return UserError(
      {.code = "SRC-0303",
       .what = "the group has no committed offset",
       .where = absl::StrCat("topic ", split.topic, ", partition ",
                             split.partition),
       .why = start ? "'scan.startup.mode' is group-offsets, its default"
                    : "'scan.bounded.mode' is group-offsets",
       .fix = start ? "Set 'scan.startup.mode' = 'earliest-offset' (or "
                      "latest-offset), or 'properties.auto.offset.reset'."
                    : "Set 'scan.bounded.mode' = 'latest-offset'."});
}

}  // namespace

KafkaReader::KafkaReader(std::shared_ptr<ClientHandle> client,
                         std::unique_ptr<RecordDecoder> decoder,
                         const ConnectorContext& context, bool has_group)
    : wake_(context.wake),
      client_(std::move(client)),
      decoder_(std::move(decoder)),
      has_group_(has_group),
      clock_(context.clock),
      inquiry_(client_, context.clock, context.background, context.wake),
      commits_(rd_kafka_queue_new(client_->get())),
      metrics_(context.metrics) {}

KafkaReader::~KafkaReader() { rd_kafka_queue_destroy(commits_); }

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(
    const KafkaSettings& settings, std::unique_ptr<RecordDecoder> decoder,
    const ConnectorContext& context) {
  ClientProperties properties = settings.properties;
  // A position, once known, is never chosen by the broker.
  properties.values["auto.offset.reset"] = "error";
  ASSIGN_OR_RETURN(
      auto client,
      ClientHandle::Open(ClientHandle::Role::kConsumer, properties,
                         {{"group.id", "millrace"},
                          {"enable.auto.commit", "false"},
                          {"enable.auto.offset.store", "false"},
                          {"enable.partition.eof", "true"},
                          // Java's default; librdkafka's is the other one.
                          {"isolation.level", "read_uncommitted"},
                          // A second of input: the library stops fetching for
                          // up to one when this limit was hit.
                          {"queued.min.messages", "100000"},
                          {"queued.max.messages.kbytes", "65536"},
                          {"fetch.message.max.bytes", "2097152"},
                          // An empty answer takes so long, and a partition
                          // that is added waits for it.
                          {"fetch.wait.max.ms", "100"}},
                         NoticePartitionsThatGo));
  LearnTopics(*client, settings.topics);
  return std::unique_ptr<KafkaReader>(new KafkaReader(
      std::move(client), std::move(decoder), context, settings.has_group));
}

absl::Status KafkaReader::AddSplit(const Split& split) {
  ASSIGN_OR_RETURN(const PartitionSplit start, FromSplit(split));
  if (start.next_offset == PartitionSplit::kNotCommitted ||
      start.end_offset == PartitionSplit::kNotCommitted) {
    return NotCommitted(start);
  }
  Partition partition;
  ASSIGN_OR_RETURN(partition.queue,
                   PartitionQueue::Open(start, {.client = client_.get(),
                                                .inquiry = &inquiry_,
                                                .clock = clock_,
                                                .wake = &wake_}));
  metrics_.AddPartition(start);
  partitions_.push_back(std::move(partition));
  return absl::OkStatus();
}

absl::StatusOr<Poll> KafkaReader::Next(uint32_t max_rows) {
  UpdateMetrics();
  Poll poll;
  // The wake-up comes with the first record; this is only the belt to it.
  poll.retry_after = absl::Seconds(1);
  for (size_t tried = 0; tried < partitions_.size(); ++tried) {
    const size_t index = turn_++ % partitions_.size();
    Partition& partition = partitions_[index];
    if (partition.ended) continue;
    poll.split = static_cast<int>(index);
    RETURN_IF_ERROR(Refill(partition, max_rows));
    if (!partition.has_records()) {
      if (!partition.queue->ended()) continue;
      partition.ended = true;
      poll.state = Poll::State::kEndOfSplit;
      return poll;
    }
    const size_t before = partition.next_record;
    partition.next_record =
        decoder_->Decode(*partition.records, before, poll);
    for (size_t i = before; i < partition.next_record; ++i) {
      poll.bytes +=
          static_cast<int64_t>((*partition.records)[i].value.size());
    }
    poll.records = static_cast<int64_t>(partition.next_record - before);
    poll.state = Poll::State::kRows;
    return poll;
  }
  rd_kafka_poll(client_->get(), 0);
  return poll;
}

std::vector<Split> KafkaReader::Snapshot() const {
  std::vector<Split> splits;
  for (const Partition& partition : partitions_) {
    if (partition.ended) continue;
    splits.push_back(
        ToSplit(partition.queue->PositionBehind(partition.next_record)));
  }
  return splits;
}

void KafkaReader::OnCheckpointComplete(const std::vector<Split>& positions) {
  if (!has_group_) return;
  rd_kafka_topic_partition_list_t* list =
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()));
  for (const Split& split : positions) {
    const auto position = FromSplit(split);
    // A logical offset: nothing was read yet.
    if (!position.ok() || position->next_offset < 0) continue;
    rd_kafka_topic_partition_list_add(list, position->topic.c_str(),
                                      position->partition)
        ->offset = position->next_offset;
  }
  if (list->cnt > 0) {
    rd_kafka_commit_queue(client_->get(), list, commits_, nullptr, nullptr);
  }
  rd_kafka_topic_partition_list_destroy(list);
}

absl::Status KafkaReader::Refill(Partition& partition, uint32_t max_rows) {
  if (partition.has_records()) return absl::OkStatus();
  partition.next_record = 0;
  ASSIGN_OR_RETURN(partition.records,
                   partition.queue->Fetch(static_cast<int>(max_rows)));
  return absl::OkStatus();
}

void KafkaReader::UpdateMetrics() {
  const int64_t now = clock_->SteadyNanos();
  if (now < next_update_nanos_) return;
  next_update_nanos_ = now + kUpdateNanos;
  TakeCommits();
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    const auto waiting = static_cast<int64_t>(
        partition.has_records()
            ? partition.records->size() - partition.next_record
            : 0);
    const int64_t behind = partition.queue->Behind();
    metrics_.SetPosition(
        i, partition.queue->PositionBehind(partition.next_record).next_offset,
        behind < 0 ? -1 : behind + waiting);
  }
  metrics_.SetTotals();
}

void KafkaReader::TakeCommits() {
  while (rd_kafka_event_t* event =
             rd_kafka_queue_poll(commits_, /*timeout_ms=*/0)) {
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT) {
      const bool succeeded =
          rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
      metrics_.CountCommit(succeeded);
      const rd_kafka_topic_partition_list_t* list =
          rd_kafka_event_topic_partition_list(event);
      for (int i = 0; succeeded && list != nullptr && i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& one = list->elems[i];
        metrics_.OnCommit(one.topic, one.partition, one.offset);
      }
    }
    rd_kafka_event_destroy(event);
  }
}

}  // namespace millrace::kafka
