#include "connectors/kafka/kafka_reader.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace::kafka {

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(
    const KafkaSettings& settings, std::unique_ptr<RecordDecoder> decoder,
    std::function<void()> wake) {
  ClientProperties properties = settings.properties;
  // A position, once known, is never chosen by the broker.
  properties.values["auto.offset.reset"] = "error";
  ASSIGN_OR_RETURN(
      auto client,
      ClientHandle::Open(ClientHandle::Role::kConsumer, properties,
                         {{"group.id", "millrace"},
                          {"enable.auto.commit", "false"},
                          {"enable.partition.eof", "true"},
                          // A second of input: the library stops fetching for
                          // up to one when this limit was hit.
                          {"queued.min.messages", "100000"},
                          {"queued.max.messages.kbytes", "65536"},
                          {"fetch.message.max.bytes", "2097152"},
                          {"fetch.wait.max.ms", "50"}}));
  return std::unique_ptr<KafkaReader>(new KafkaReader(
      std::move(client), std::move(decoder), std::move(wake)));
}

absl::Status KafkaReader::AddSplit(const Split& split) {
  ASSIGN_OR_RETURN(const PartitionSplit start, FromSplit(split));
  Partition partition;
  ASSIGN_OR_RETURN(partition.queue,
                   PartitionQueue::Open(start, *client_, &wake_));
  partitions_.push_back(std::move(partition));
  return absl::OkStatus();
}

absl::StatusOr<Poll> KafkaReader::Next(uint32_t max_rows) {
  Poll poll;
  // The wake-up comes with the first record; this is only the belt to it.
  poll.retry_after = absl::Seconds(1);
  for (size_t tried = 0; tried < partitions_.size(); ++tried) {
    const size_t index = turn_++ % partitions_.size();
    Partition& partition = partitions_[index];
    if (partition.ended) continue;
    poll.split = static_cast<int>(index);
    if (!partition.has_messages()) {
      ASSIGN_OR_RETURN(partition.messages,
                       partition.queue->Fetch(static_cast<int>(max_rows)));
      partition.next_message = 0;
    }
    if (!partition.has_messages()) {
      if (!partition.queue->ended()) continue;
      partition.ended = true;
      poll.state = Poll::State::kEndOfSplit;
      return poll;
    }
    const size_t before = partition.next_message;
    partition.next_message =
        decoder_->Decode(*partition.messages, before, poll);
    for (size_t i = before; i < partition.next_message; ++i) {
      poll.bytes += (*partition.messages)[i]->len;
    }
    poll.records = static_cast<int64_t>(partition.next_message - before);
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
    PartitionSplit position = partition.queue->position();
    if (partition.has_messages()) {
      position.next_offset =
          (*partition.messages)[partition.next_message]->offset;
    }
    splits.push_back(ToSplit(position));
  }
  return splits;
}

}  // namespace millrace::kafka
