#include "connectors/kafka/client/transactional_producer.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "connectors/kafka/client/request_failpoints.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

using session::Answer;
using session::Outcome;

constexpr int64_t kBatchBytes = SessionOptions::kBatchBytes;
// How long to wait for reports of less than a batch, which has to be pushed,
// and of more; where none came meanwhile that is pushed too.
constexpr int kTailMs = 5;
constexpr int kBulkMs = 20;
constexpr int kPushMs = 1;

// A record's opaque: 0 = by the key, else the number to take modulo the
// partitions, plus 1.
int32_t PartitionOf(const rd_kafka_topic_t* topic, const void* key,
                    size_t key_size, int32_t count, void* topic_opaque,
                    void* opaque) {
  const auto choice = reinterpret_cast<uintptr_t>(opaque);
  if (choice > 0) return static_cast<int32_t>((choice - 1) % count);
  return rd_kafka_msg_partitioner_murmur2_random(topic, key, key_size, count,
                                                 topic_opaque, nullptr);
}

bool IsFenced(int error) {
  return error == RD_KAFKA_RESP_ERR__FENCED ||
         error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

// Nothing but a person changes these.
bool IsRefusal(int error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return true;
    // Not _UNKNOWN_PARTITION: the client may know an older number of them, and
    // the next session's knows today's.
    default:
      return false;
  }
}

bool IsTooLarge(int error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

int64_t SizeOf(const OutputRecord& record) {
  return static_cast<int64_t>((record.key ? record.key->size() : 0) +
                              (record.value ? record.value->size() : 0));
}

const char* TextOf(int error) {
  return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TransactionalProducer>>
TransactionalProducer::Open(const SessionOptions& options) {
  ClientProperties properties = {.values = options.properties, .notices = {}};
  properties.values["transactional.id"] = options.transactional_id;
  properties.values["transaction.timeout.ms"] =
      absl::StrCat(absl::ToInt64Milliseconds(options.transaction_timeout));
  std::string& batch = properties.values["batch.size"];
  int64_t batch_bytes = 0;
  if (!absl::SimpleAtoi(batch, &batch_bytes) ||
      batch_bytes > options.batch_bytes) {
    batch = absl::StrCat(options.batch_bytes);
  }
  ASSIGN_OR_RETURN(
      std::shared_ptr<ClientHandle> client,
      ClientHandle::Open(ClientHandle::Role::kProducer, properties,
                         {{"partitioner", "murmur2_random"},
                          // The broker is the judge; what is larger than it
                          // takes was refused before it was sealed.
                          {"message.max.bytes", "1000000000"},
                          // A batch goes when it is full, or pushed. Where its
                          // time were over while as many are under way as may
                          // be, the library polls without a pause until one is
                          // answered.
                          {"linger.ms", "1000"},
                          {"queue.buffering.max.kbytes",
                           absl::StrCat(SessionOptions::kQueueBytes / 1024)}},
                         InstallRequestFailpoints));
  return std::unique_ptr<TransactionalProducer>(
      new TransactionalProducer(std::move(client), options));
}

TransactionalProducer::TransactionalProducer(
    std::shared_ptr<ClientHandle> client, const SessionOptions& options)
    : client_(std::move(client)),
      socket_timeout_([&] {
        const auto found = options.properties.find("socket.timeout.ms");
        int64_t ms = 60'000;  // The library's default.
        if (found != options.properties.end() &&
            !absl::SimpleAtoi(found->second, &ms)) {
          ms = 60'000;
        }
        return absl::Milliseconds(ms);
      }()),
      events_(rd_kafka_queue_get_main(client_->get())) {}

TransactionalProducer::~TransactionalProducer() {
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
  rd_kafka_queue_destroy(events_);
}

Answer TransactionalProducer::Init() {
  in_trouble_ = false;
  Answer answer =
      AnswerTo(rd_kafka_init_transactions(client_->get(), kSliceMs));
  TakeEvents(0);
  // Brokers that were away before it say nothing about what it did.
  if (answer.outcome == Outcome::kSuspect) answer.outcome = Outcome::kOk;
  return answer;
}

Answer TransactionalProducer::CommitNonce(const session::CommitNonce& nonce) {
  Answer answer = Begin();
  if (answer.outcome != Outcome::kOk) return answer;
  answer = ProduceTo(nonce.topic, nonce.partition, nonce.key, nonce.nonce);
  if (answer.outcome == Outcome::kOk) answer = Wait();
  if (answer.outcome != Outcome::kOk) return answer;
  const int64_t offset = answer.offset;
  answer = Commit();
  answer.offset = offset;
  return answer;
}

Answer TransactionalProducer::Send(std::shared_ptr<const SealedChunk> chunk) {
  Answer answer = Begin();
  if (answer.outcome != Outcome::kOk) return answer;
  lent_.push_back(chunk);
  answer = Produce(*chunk);
  if (answer.outcome == Outcome::kOk) answer = Wait();
  if (reports_.waiting == 0) lent_.clear();
  return answer;
}

Answer TransactionalProducer::Send(const session::SendMarker& marker) {
  Answer answer = ProduceTo(marker.topic, marker.partition, marker.key,
                            marker.value);
  return answer.outcome == Outcome::kOk ? Wait() : answer;
}

Answer TransactionalProducer::Commit() {
  const absl::Time begun = absl::Now();
  Answer answer;
  do {
    answer = AnswerTo(rd_kafka_commit_transaction(client_->get(), kSliceMs));
    TakeEvents(0);
    // The library's own wait, which goes on: no answer is no outcome yet.
  } while (answer.outcome == Outcome::kRetriable &&
           absl::Now() - begun < socket_timeout_ && !is_stopping_());
  if (answer.outcome == Outcome::kRetriable) {
    answer.outcome = Outcome::kUnknown;
  }
  const bool slow = absl::Now() - begun >= socket_timeout_;
  if (answer.outcome == Outcome::kOk && (in_trouble_ || slow)) {
    answer = {.outcome = Outcome::kSuspect, .why = trouble_};
  }
  return answer;
}

Answer TransactionalProducer::Begin() {
  TakeEvents(0);
  in_trouble_ = false;
  reports_ = {};
  return AnswerTo(rd_kafka_begin_transaction(client_->get()));
}

Answer TransactionalProducer::Produce(const SealedChunk& chunk) {
  std::vector<rd_kafka_topic_t*> topics;
  for (const std::string& name : chunk.topics) topics.push_back(TopicOf(name));
  BlockReader reader(chunk.blocks);
  for (int32_t sent = 0;; ++sent) {
    if (sent == chunk.records / 2) {
      const absl::Status reached = Failpoint("sink.mid_produce");
      if (!reached.ok()) {
        return {.outcome = Outcome::kUnknown,
                .why = std::string(reached.message())};
      }
    }
    // It was checked; what it is now, only memory can have changed.
    const auto record = reader.Next();
    if (!record.ok()) {
      return {.outcome = Outcome::kRefused,
              .why = std::string(record.status().message())};
    }
    if (!record->has_value()) return {};
    rd_kafka_topic_t* const topic = topics[(*record)->topic];
    int error = Enqueue(**record, topic);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      TakeReports(kBulkMs);
      if (reports_.error != 0 || is_stopping_()) break;
      error = Enqueue(**record, topic);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return AnswerToProduce(error);
    ++reports_.waiting;
    reports_.waiting_bytes += SizeOf(**record);
    if (sent % 1024 == 0) TakeEvents(0);
  }
}

int TransactionalProducer::Enqueue(const OutputRecord& record,
                                   rd_kafka_topic_t* topic) {
  // No bytes at all say that there is none; none at an address, empty ones.
  const absl::string_view value = record.value.value_or(absl::string_view());
  const absl::string_view key = record.key.value_or(absl::string_view());
  char* const bytes = const_cast<char*>(value.data());
  void* const opaque = reinterpret_cast<void*>(
      static_cast<uintptr_t>(record.partition + 1));
  if (record.timestamp_ms == 0) {
    // The other takes its arguments one by one.
    return rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, /*msgflags=*/0, bytes,
                            value.size(), key.data(), key.size(), opaque) == 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : rd_kafka_last_error();
  }
  return rd_kafka_producev(
      client_->get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(0),
      RD_KAFKA_V_VALUE(bytes, value.size()),
      RD_KAFKA_V_KEY(key.data(), key.size()),
      RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_OPAQUE(opaque),
      RD_KAFKA_V_END);
}

Answer TransactionalProducer::ProduceTo(const std::string& topic,
                                        int32_t partition,
                                        const std::string& key,
                                        const std::string& value) {
  reports_ = {};
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_->get(), RD_KAFKA_V_RKT(TopicOf(topic)),
      RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
      RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return AnswerTo(error);
  reports_.waiting = 1;
  reports_.waiting_bytes = static_cast<int64_t>(key.size() + value.size());
  return {};
}

Answer TransactionalProducer::Wait() {
  // Ends: a record is given up by the library after message.timeout.ms.
  while (reports_.waiting > 0 && !is_stopping_()) {
    const bool is_tail = reports_.waiting_bytes <= kBatchBytes;
    if (is_tail) rd_kafka_flush(client_->get(), kPushMs);
    TakeReports(is_tail ? kTailMs : kBulkMs);
  }
  Answer answer = AnswerTo(reports_.error);
  answer.offset = reports_.offset;
  return answer;
}

void TransactionalProducer::TakeReports(int timeout_ms) {
  const int64_t before = reports_.waiting;
  TakeEvents(timeout_ms);
  if (reports_.waiting == before) rd_kafka_flush(client_->get(), kPushMs);
}

void TransactionalProducer::TakeEvents(int timeout_ms) {
  while (rd_kafka_event_t* event = rd_kafka_queue_poll(events_, timeout_ms)) {
    const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>
        owner(event, rd_kafka_event_destroy);
    timeout_ms = 0;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
      in_trouble_ = true;
      trouble_ = rd_kafka_event_error_string(event);
    }
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_DR) continue;
    while (const rd_kafka_message_t* message =
               rd_kafka_event_message_next(event)) {
      --reports_.waiting;
      reports_.waiting_bytes -=
          static_cast<int64_t>(message->len + message->key_len);
      reports_.offset = message->offset;
      if (reports_.error == 0) reports_.error = message->err;
    }
  }
}

rd_kafka_topic_t* TransactionalProducer::TopicOf(const std::string& name) {
  rd_kafka_topic_t*& topic = topics_[name];
  if (topic != nullptr) return topic;
  rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(client_->get());
  rd_kafka_topic_conf_set_partitioner_cb(conf, PartitionOf);
  topic = rd_kafka_topic_new(client_->get(), name.c_str(), conf);
  return topic;
}

Answer TransactionalProducer::AnswerToProduce(int error) {
  // After a record that was refused the library takes no more, with an error
  // that says nothing of it, and perhaps before its report is here.
  if (reports_.error == 0 && reports_.waiting > 0) TakeEvents(kBulkMs);
  return AnswerTo(reports_.error != 0 ? reports_.error : error);
}

Answer TransactionalProducer::AnswerTo(rd_kafka_error_t* error) {
  if (error == nullptr) return {};
  const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)>
      owner(error, rd_kafka_error_destroy);
  Answer answer = AnswerTo(rd_kafka_error_code(error));
  const std::string trouble = client_->last_trouble();
  answer.why = absl::StrCat(rd_kafka_error_string(error),
                            trouble.empty() ? "" : " (", trouble,
                            trouble.empty() ? "" : ")");
  if (answer.outcome == Outcome::kUnknown &&
      rd_kafka_error_is_retriable(error)) {
    answer.outcome = Outcome::kRetriable;
  }
  return answer;
}

Answer TransactionalProducer::AnswerTo(int error) const {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  // The first cause of a fatal error tells more than that there is one.
  std::string why = TextOf(error);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512];
    error = rd_kafka_fatal_error(client_->get(), text, sizeof text);
    why = text;
  }
  return {.outcome = IsFenced(error)    ? Outcome::kFenced
                     : IsRefusal(error) ? Outcome::kRefused
                                        : Outcome::kUnknown,
          .why = std::move(why),
          .is_too_large = IsTooLarge(error)};
}

}  // namespace millrace::kafka
