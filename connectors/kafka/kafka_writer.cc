#include "connectors/kafka/kafka_writer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_formats.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Several addresses may stand behind one name, tried in turn.
constexpr int kFirstAnswerMs = 10'000;

// The opaque of each message is the number to take modulo the partitions, so
// that the callback, on whichever thread, needs no state.
int32_t PartitionByOpaque(const rd_kafka_topic_t*, const void*, size_t,
                          int32_t partition_count, void*, void* opaque) {
  return static_cast<int32_t>(reinterpret_cast<uintptr_t>(opaque) %
                              partition_count);
}

rd_kafka_topic_t* OpenTopic(rd_kafka_t* client, const std::string& name,
                            Partitioning partitioning) {
  rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(client);
  if (partitioning != Partitioning::kDefault) {
    rd_kafka_topic_conf_set_partitioner_cb(conf, PartitionByOpaque);
  }
  return rd_kafka_topic_new(client, name.c_str(), conf);
}

// The batch with only `columns`, in that order.
Batch Project(const Batch& batch, const std::vector<int>& columns) {
  Batch result = batch;
  result.columns.clear();
  for (const int column : columns) {
    result.columns.push_back(batch.columns[column]);
  }
  return result;
}

// Where the table's column `column` is among those that Write gets.
int PersistedIndex(const TableDescriptor& table, int column) {
  int index = 0;
  for (int i = 0; i < column; ++i) index += !table.columns[i].is_virtual;
  return index;
}

}  // namespace

KafkaWriter::KafkaWriter(std::string table, const KafkaSettings& settings,
                         const ConnectorContext& context)
    : table_(std::move(table)),
      brokers_(settings.properties.values.at("bootstrap.servers")),
      partitioning_(settings.partitioning),
      wake_(context.wake),
      background_(context.background),
      turn_(static_cast<uintptr_t>(context.subtask)) {}

absl::StatusOr<std::unique_ptr<KafkaWriter>> KafkaWriter::Open(
    const TableDescriptor& table, const KafkaSettings& settings,
    const ConnectorRegistry& registry, const ConnectorContext& context) {
  std::unique_ptr<KafkaWriter> writer(
      new KafkaWriter(table.name, settings, context));
  // While it sticks to a partition the library does not ask the partitioner.
  const char* const sticky_ms =
      settings.partitioning == Partitioning::kDefault ? "10" : "0";
  ASSIGN_OR_RETURN(
      writer->client_,
      ClientHandle::Open(ClientHandle::Role::kProducer, settings.properties,
                         {{"enable.idempotence", "true"},
                          {"partitioner", "murmur2_random"},
                          {"sticky.partitioning.linger.ms", sticky_ms},
                          // A topic that is just being made.
                          {"topic.metadata.propagation.max.ms", "10000"},
                          {"linger.ms", "2"},
                          {"batch.size", "524288"},
                          {"queue.buffering.max.kbytes", "32768"}}));
  rd_kafka_t* client = writer->client_->get();
  writer->topic_ =
      OpenTopic(client, settings.topics.front(), settings.partitioning);
  writer->reports_ = rd_kafka_queue_get_main(client);
  WakeOnEvents(writer->reports_, &writer->wake_);

  writer->zone_ = context.local_time_zone;
  ASSIGN_OR_RETURN(const Format* format,
                   registry.FindFormat(settings.value_format));
  ASSIGN_OR_RETURN(writer->value_encoder_,
                   format->MakeEncoder(
                       ValueRequest(table, settings, writer->zone_)));
  if (!settings.key_columns.empty()) {
    ASSIGN_OR_RETURN(format, registry.FindFormat(settings.key_format));
    ASSIGN_OR_RETURN(
        writer->key_encoder_,
        format->MakeEncoder(KeyRequest(table, settings, writer->zone_)));
  }
  for (const int column : settings.value_columns) {
    writer->value_columns_.push_back(PersistedIndex(table, column));
  }
  for (const int column : settings.key_columns) {
    writer->key_columns_.push_back(PersistedIndex(table, column));
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].metadata_key == "timestamp" &&
        !table.columns[i].is_virtual) {
      writer->timestamp_column_ = PersistedIndex(table, static_cast<int>(i));
      writer->timestamp_is_local_ =
          table.columns[i].type.Is(TypeRoot::kTimestamp) &&
          writer->zone_ != absl::UTCTimeZone();
    }
  }
  return writer;
}

KafkaWriter::~KafkaWriter() {
  if (reports_ != nullptr) {
    rd_kafka_queue_cb_event_enable(reports_, nullptr, nullptr);
    rd_kafka_queue_destroy(reports_);
  }
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
}

absl::StatusOr<Writer::Accepted> KafkaWriter::Write(const Batch& batch) {
  RETURN_IF_ERROR(TakeReports());
  RETURN_IF_ERROR(SendPending());
  if (!pending_.empty()) return Accepted::kFull;
  RETURN_IF_ERROR(Encode(batch));
  RETURN_IF_ERROR(SendPending());
  return Accepted::kAll;
}

absl::StatusOr<Writer::Accepted> KafkaWriter::Flush() {
  RETURN_IF_ERROR(TakeReports());
  RETURN_IF_ERROR(SendPending());
  const bool sent =
      pending_.empty() && rd_kafka_outq_len(client_->get()) == 0;
  return sent ? Accepted::kAll : Accepted::kFull;
}

absl::Status KafkaWriter::Encode(const Batch& batch) {
  pending_ = Pending();
  RETURN_IF_ERROR(value_encoder_->Encode(Project(batch, value_columns_),
                                         pending_.values,
                                         pending_.value_ends));
  if (key_encoder_ != nullptr) {
    RETURN_IF_ERROR(key_encoder_->Encode(Project(batch, key_columns_),
                                         pending_.keys, pending_.key_ends));
  }
  if (timestamp_column_) {
    const Vector& times = *batch.columns[*timestamp_column_];
    batch.selection().ForEach([&](uint32_t row) {
      // 0 is the library's word for now.
      int64_t time = 0;
      if (!times.IsNull(row)) {
        time = times.data<int64_t>()[row & times.index_mask()];
        if (timestamp_is_local_) time = ToUtcMillis(time, zone_);
      }
      pending_.timestamps_ms.push_back(time);
    });
  }
  return absl::OkStatus();
}

absl::Status KafkaWriter::SendPending() {
  while (!pending_.empty()) {
    const size_t i = pending_.next;
    const uint32_t value_from = i == 0 ? 0 : pending_.value_ends[i - 1];
    char* value = pending_.values.data() + value_from;
    const size_t value_size = pending_.value_ends[i] - value_from;
    rd_kafka_resp_err_t error;
    if (pending_.timestamps_ms.empty() && pending_.key_ends.empty() &&
        partitioning_ == Partitioning::kDefault) {
      error = rd_kafka_produce(
                  topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                  value, value_size, nullptr, 0, nullptr) == 0
                  ? RD_KAFKA_RESP_ERR_NO_ERROR
                  : rd_kafka_last_error();
    } else {
      const bool keyed = !pending_.key_ends.empty();
      const uint32_t key_from =
          keyed && i > 0 ? pending_.key_ends[i - 1] : 0;
      const void* key = keyed ? pending_.keys.data() + key_from : nullptr;
      const size_t key_size = keyed ? pending_.key_ends[i] - key_from : 0;
      error = rd_kafka_producev(
          client_->get(), RD_KAFKA_V_RKT(topic_),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_VALUE(value, value_size),
          RD_KAFKA_V_KEY(key, key_size),
          RD_KAFKA_V_TIMESTAMP(pending_.timestamps_ms.empty()
                                   ? 0
                                   : pending_.timestamps_ms[i]),
          RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(turn_)),
          RD_KAFKA_V_END);
    }
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return absl::OkStatus();
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Refused(rd_kafka_err2str(error), /*may_pass=*/false);
    }
    if (partitioning_ == Partitioning::kRoundRobin) ++turn_;
    ++pending_.next;
  }
  return absl::OkStatus();
}

absl::Status KafkaWriter::TakeReports() {
  while (rd_kafka_event_t* event =
             rd_kafka_queue_poll(reports_, /*timeout_ms=*/0)) {
    const std::unique_ptr<rd_kafka_event_t,
                          decltype(&rd_kafka_event_destroy)>
        owner(event, rd_kafka_event_destroy);
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR &&
        rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN &&
        !delivered_ && absence_ == nullptr) {
      AskForBrokers();
    }
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_DR) continue;
    while (const rd_kafka_message_t* message =
               rd_kafka_event_message_next(event)) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivered_ = true;
        continue;
      }
      return Refused(rd_kafka_err2str(message->err),
                     message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
    }
  }
  const bool absent = absence_ != nullptr && !absence_->Get().empty();
  return absent && !delivered_ ? NobodyThere() : absl::OkStatus();
}

void KafkaWriter::AskForBrokers() {
  absence_ = std::make_shared<LastTrouble>();
  background_->Post([client = client_, absence = absence_, wake = wake_] {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(
        client->get(), /*all_topics=*/0, nullptr, &metadata, kFirstAnswerMs);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    } else {
      absence->Set(rd_kafka_err2str(error));
      wake();
    }
  });
}

absl::Status KafkaWriter::Refused(const char* why, bool may_pass) const {
  return MakeError(
      may_pass ? absl::StatusCode::kUnavailable
               : absl::StatusCode::kInvalidArgument,
      {.code = "SNK-0301",
       .what = "a record was not accepted by Kafka",
       .where = absl::StrCat("table '", table_, "', topic ",
                             rd_kafka_topic_name(topic_)),
       .why = why,
       .fix = may_pass ? "Check that the brokers run; the record waited for "
                         "'properties.message.timeout.ms'."
                       : "Check that the topic exists, that this client may "
                         "write to it, and its max.message.bytes."});
}

absl::Status KafkaWriter::NobodyThere() const {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SNK-0302",
       .what = "no Kafka broker answers",
       .where = absl::StrCat("table '", table_, "', brokers ", brokers_),
       .why = absl::StrCat(absence_->Get(), " (", client_->last_trouble(),
                           ")"),
       .fix = "Check that the brokers run and that "
              "'properties.bootstrap.servers' and the security properties are "
              "right."});
}

}  // namespace millrace::kafka
