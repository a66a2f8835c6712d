#include "connectors/kafka/kafka_writer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Several addresses may stand behind one name, tried in turn.
constexpr int kFirstAnswerMs = 10'000;
constexpr int64_t kLingerMs = 1000;
// What a push found behind a request that was under way is pushed again so
// late, and then after twice the time up to the longest: where it never ends
// batches leave because they are full, and each push costs.
constexpr absl::Duration kFirstPushWait = absl::Milliseconds(5);
constexpr absl::Duration kLongestPushWait = absl::Milliseconds(50);

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

// For batches to fill; what is to leave earlier is pushed (ProducerPush). The
// library insists that a record may wait for longer than this at all.
std::string LingerMs(const ClientProperties& properties) {
  int64_t most = 2 * kLingerMs;
  for (const char* name : {"delivery.timeout.ms", "message.timeout.ms"}) {
    const auto found = properties.values.find(name);
    int64_t ms = 0;
    if (found != properties.values.end() &&
        absl::SimpleAtoi(found->second, &ms) && ms > 0) {
      most = std::min(most, ms);
    }
  }
  return absl::StrCat(most / 2);
}

}  // namespace

KafkaWriter::KafkaWriter(std::string table, const KafkaSettings& settings,
                         const ConnectorContext& context)
    : table_(std::move(table)),
      brokers_(settings.properties.values.at("bootstrap.servers")),
      partitioning_(settings.partitioning),
      buffer_rows_(static_cast<size_t>(settings.buffer_rows)),
      buffer_interval_(settings.buffer_interval),
      wake_(context.wake),
      clock_(context.clock),
      background_(context.background),
      push_wait_(kFirstPushWait),
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
                          {"linger.ms", LingerMs(settings.properties)},
                          {"batch.size", "524288"},
                          {"queue.buffering.max.kbytes", "32768"}}));
  rd_kafka_t* client = writer->client_->get();
  writer->topic_ =
      OpenTopic(client, settings.topics.front(), settings.partitioning);
  writer->reports_ = rd_kafka_queue_get_main(client);
  WakeOnEvents(writer->reports_, &writer->wake_);
  if (!settings.properties.values.contains("linger.ms") &&
      !settings.properties.values.contains("queue.buffering.max.ms")) {
    writer->push_ = std::make_unique<ProducerPush>(
        writer->client_, writer->background_, writer->wake_);
  }

  ASSIGN_OR_RETURN(writer->encoder_,
                   RecordEncoder::Open(table, settings, registry,
                                       context.local_time_zone));
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
  RETURN_IF_ERROR(TakeTurn());
  if (waiting_.is_full()) return Accepted::kFull;
  RETURN_IF_ERROR(Encode(batch));
  RETURN_IF_ERROR(HandOverDue());
  return Accepted::kAll;
}

int64_t KafkaWriter::NextTurnNanos() const {
  int64_t next = INT64_MAX;
  if (!waiting_.is_empty()) {
    if (rd_kafka_queue_length(reports_) > 0) return 0;
    if (!queue_is_full_) next = waiting_.DueNanos(IsIdle());
  }
  return MayPush() ? std::min(next, push_nanos_) : next;
}

absl::Status KafkaWriter::TakeTurn() {
  RETURN_IF_ERROR(TakeReports());
  return HandOverDue();
}

bool KafkaWriter::IsIdle() const {
  return rd_kafka_outq_len(client_->get()) == 0;
}

absl::StatusOr<Writer::Accepted> KafkaWriter::Flush() {
  RETURN_IF_ERROR(TakeReports());
  if (kept_back_.size() > 0) {
    EncodedRecords records = waiting_.Fresh();
    kept_back_.Take(records);
    waiting_.Push(std::move(records), clock_->SteadyNanos());
  }
  RETURN_IF_ERROR(HandOver());
  if (waiting_.is_empty() && IsIdle()) return Accepted::kAll;
  // Its end wakes the worker, which flushes again.
  Push();
  return Accepted::kFull;
}

absl::Status KafkaWriter::Encode(const Batch& batch) {
  EncodedRecords records = waiting_.Fresh();
  RETURN_IF_ERROR(encoder_->Encode(batch, records));
  if (buffer_rows_ > 0) {
    kept_back_.Add(records);
    records.Clear();
    if (kept_back_.size() >= buffer_rows_) kept_back_.Take(records);
  }
  waiting_.Push(std::move(records), clock_->SteadyNanos());
  return absl::OkStatus();
}

absl::Status KafkaWriter::HandOverDue() {
  if (push_ == nullptr) return HandOver();
  const int64_t now = clock_->SteadyNanos();
  const bool is_idle = IsIdle();
  if (waiting_.IsDue(is_idle, now)) {
    RETURN_IF_ERROR(HandOver());
    if (is_idle) {
      push_nanos_ = now;
      push_wait_ = kFirstPushWait;
    }
  }
  if (now >= push_nanos_) Push();
  return absl::OkStatus();
}

bool KafkaWriter::MayPush() const {
  return push_ != nullptr && !push_->is_under_way() && !IsIdle();
}

void KafkaWriter::Push() {
  if (!MayPush()) return;
  push_nanos_ = clock_->SteadyNanos() + absl::ToInt64Nanoseconds(push_wait_);
  push_wait_ = std::min(2 * push_wait_, kLongestPushWait);
  push_->Begin();
}

absl::Status KafkaWriter::HandOver() {
  while (!waiting_.is_empty()) {
    const EncodedRecords& records = waiting_.front();
    for (; next_ < records.size(); ++next_) {
      const auto error =
          static_cast<rd_kafka_resp_err_t>(Produce(records, next_));
      queue_is_full_ = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
      if (queue_is_full_) return absl::OkStatus();
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return Refused(rd_kafka_err2str(error), /*may_pass=*/false);
      }
      if (partitioning_ == Partitioning::kRoundRobin) ++turn_;
    }
    next_ = 0;
    waiting_.Pop();
  }
  return absl::OkStatus();
}

int KafkaWriter::Produce(const EncodedRecords& records, size_t i) {
  const absl::string_view value = records.value(i);
  char* const bytes = const_cast<char*>(value.data());
  if (!records.has_timestamps() && !records.has_keys() &&
      partitioning_ == Partitioning::kDefault) {
    return rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA,
                            RD_KAFKA_MSG_F_COPY, bytes, value.size(), nullptr,
                            0, nullptr) == 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : rd_kafka_last_error();
  }
  const absl::string_view key =
      records.has_keys() ? records.key(i) : absl::string_view();
  return rd_kafka_producev(
      client_->get(), RD_KAFKA_V_RKT(topic_),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_VALUE(records.is_tombstone(i) ? nullptr : bytes,
                       value.size()),
      RD_KAFKA_V_KEY(key.data(), key.size()),
      RD_KAFKA_V_TIMESTAMP(records.timestamp_ms(i)),
      RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(turn_)), RD_KAFKA_V_END);
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
    queue_is_full_ = false;
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
