#include "tests/sim/kafka/model_session.h"

#include <functional>
#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/hash.h"

namespace millrace::sim {
namespace {

using kafka::session::Answer;
using kafka::session::Outcome;
using Error = KafkaCluster::Error;

// Between two tries of a request that was answered "not now".
constexpr int64_t kBackOffNanos = 100 * kMs;
// How long a request is tried (message.timeout.ms, and what Init may take).
constexpr int64_t kPatienceNanos = 30'000 * kMs;
// How long a reader waits for its nonce.
constexpr int64_t kReadPatienceNanos = 20'000 * kMs;

const char* NameOf(Error error) {
  static constexpr const char* kNames[] = {
      "NONE", "NOT_COORDINATOR", "CONCURRENT_TRANSACTIONS",
      "INVALID_TXN_STATE", "PRODUCER_FENCED", "INVALID_PRODUCER_ID_MAPPING",
      "UNKNOWN_TOPIC_OR_PARTITION", "OUT_OF_ORDER_SEQUENCE_NUMBER"};
  return kNames[static_cast<int>(error)];
}

bool MayPass(Error error) {
  return error == Error::kUnavailable ||
         error == Error::kConcurrentTransactions;
}

// Only the end of a transaction tells that a producer was fenced: before it,
// records come back as not delivered (held to a real broker).
Answer Refusal(Error error, absl::string_view request) {
  const Outcome outcome =
      error == Error::kFenced && request == "EndTxn" ? Outcome::kFenced
      : error == Error::kUnknownTopicOrPartition     ? Outcome::kRefused
                                                     : Outcome::kUnknown;
  return {.outcome = outcome, .why = NameOf(error)};
}

}  // namespace

// Steps are callbacks that hold it: it goes when the last answer that it waits
// for has come or its process died.
class ModelSession::Producer
    : public std::enable_shared_from_this<ModelSession::Producer> {
 public:
  Producer(Scheduler* scheduler, KafkaCluster* cluster, BrokerLink* link,
           ProcessRef client, const kafka::SessionOptions& options)
      : scheduler_(scheduler),
        cluster_(cluster),
        link_(link),
        client_(std::move(client)),
        id_(options.transactional_id),
        timeout_nanos_(
            absl::ToInt64Nanoseconds(options.transaction_timeout)) {}

  void Close() { done_ = nullptr; }

  void Begin(kafka::session::Request request, absl::Duration wait, Done done) {
    MILLRACE_CHECK(done_ == nullptr);
    done_ = std::move(done);
    resent_ = false;
    auto self = shared_from_this();
    scheduler_->Post(client_, absl::ToInt64Nanoseconds(wait),
                     [self, request = std::move(request)] {
                       if (self->done_ == nullptr) return;
                       self->started_nanos_ = self->Now();
                       std::visit([&](const auto& one) { self->On(one); },
                                  request);
                     });
  }

 private:
  using Next = std::function<void()>;
  using Batch = std::vector<KafkaCluster::KeyValue>;
  using Place = std::pair<std::string, int>;

  int64_t Now() const { return scheduler_->clock().nanos(); }
  bool IsOver(int64_t patience_nanos) const {
    return Now() - started_nanos_ > patience_nanos;
  }

  void Tell(Answer answer) {
    if (done_ == nullptr) return;
    if (answer.outcome == Outcome::kOk && resent_) {
      answer.outcome = Outcome::kSuspect;
      answer.why = "a request was sent twice";
    }
    const Done done = std::exchange(done_, nullptr);
    done(std::move(answer));
  }

  // Asks until there is an answer that stands: then `next`, or the refusal.
  // `in_doubt`: what its time-out means.
  void Persist(const char* what, std::function<Error()> apply, Next next,
               Outcome in_doubt, bool resending_counts) {
    if (done_ == nullptr) return;
    auto self = shared_from_this();
    link_->Call(client_, what, apply, [=](std::optional<Error> error) {
      if (self->done_ == nullptr) return;
      if (error == Error::kNone) return next();
      if (error && !MayPass(*error)) return self->Tell(Refusal(*error, what));
      if (self->IsOver(kPatienceNanos)) {
        return self->Tell({.outcome = in_doubt,
                           .why = error ? NameOf(*error) : "timed out"});
      }
      self->resent_ |= !error && resending_counts;
      self->scheduler_->Post(self->client_, kBackOffNanos, [=] {
        self->Persist(what, apply, next, in_doubt, resending_counts);
      });
    });
  }

  void On(const kafka::session::Describe& request) {
    auto self = shared_from_this();
    auto answer = std::make_shared<Answer>();
    Persist(
        "Describe",
        [self, answer, topics = request.topics] {
          if (!self->cluster_->HasLeaders()) return Error::kUnavailable;
          *answer = Answer();
          for (const std::string& name : topics) {
            answer->topics.push_back(self->FactsOf(name));
          }
          return Error::kNone;
        },
        [self, answer] { self->Tell(*answer); }, Outcome::kRetriable, false);
  }

  kafka::session::TopicFacts FactsOf(const std::string& name) const {
    kafka::session::TopicFacts facts{.name = name};
    const KafkaCluster::Topic* const topic = cluster_->Find(name);
    if (topic == nullptr) return facts;
    facts.exists = true;
    facts.partitions = static_cast<int32_t>(topic->partitions.size());
    facts.replicas = 3;
    facts.config.insert(topic->config.begin(), topic->config.end());
    return facts;
  }

  void On(const kafka::session::MakeTopic& request) {
    auto self = shared_from_this();
    Persist(
        "CreateTopics",
        [self, request] {
          if (!self->cluster_->HasLeaders()) return Error::kUnavailable;
          const auto* const topic = self->cluster_->Find(request.name);
          if (topic == nullptr) {
            self->cluster_->AddTopic(request.name, request.partitions,
                                     {{"cleanup.policy", "compact"}});
          } else if (static_cast<int>(topic->partitions.size()) <
                     request.partitions) {
            self->cluster_->Grow(request.name, request.partitions);
          }
          return Error::kNone;
        },
        [self] { self->Tell({}); }, Outcome::kRetriable, false);
  }

  void On(const kafka::session::Init&) {
    auto self = shared_from_this();
    auto got = std::make_shared<KafkaCluster::Producer>();
    Persist(
        "InitProducerId",
        [self, got] {
          KafkaCluster::Producer producer;
          const Error error = self->cluster_->InitProducerId(
              self->id_, self->timeout_nanos_, &producer);
          // Each answer has another epoch.
          if (self->link_->is_heard()) *got = producer;
          return error;
        },
        [self, got] {
          self->producer_ = *got;
          self->Tell({});
        },
        Outcome::kRetriable, false);
  }

  void On(const kafka::session::CommitNonce& request) {
    auto self = shared_from_this();
    StartTransaction();
    Send({request.topic, request.partition}, {{request.key, request.nonce}},
         [self](int64_t offset) {
           self->End([self, offset] { self->Tell({.offset = offset}); });
         });
  }

  void On(const kafka::session::SendChunk& request) {
    StartTransaction();
    // What goes to one partition is one batch.
    auto batches = std::make_shared<std::map<Place, Batch>>();
    kafka::BlockReader reader(request.chunk->blocks);
    while (true) {
      const auto record = reader.Next();
      MILLRACE_CHECK(record.ok());
      if (!record->has_value()) break;
      const kafka::OutputRecord& one = **record;
      const std::string& topic = request.chunk->topics[one.topic];
      const std::string key(one.key.value_or(""));
      (*batches)[{topic, PartitionOf(topic, key)}].emplace_back(
          key, one.value ? std::optional<std::string>(*one.value)
                         : std::nullopt);
    }
    SendNext(batches);
  }

  int PartitionOf(const std::string& topic, const std::string& key) const {
    const size_t count = cluster_->Find(topic)->partitions.size();
    return static_cast<int>(HashBytes(key) % count);
  }

  void SendNext(const std::shared_ptr<std::map<Place, Batch>>& batches) {
    if (batches->empty()) return Tell({});
    auto first = batches->extract(batches->begin());
    auto self = shared_from_this();
    Send(first.key(), std::move(first.mapped()),
         [self, batches](int64_t) { self->SendNext(batches); });
  }

  void On(const kafka::session::SendMarker& request) {
    auto self = shared_from_this();
    Send({request.topic, request.partition}, {{request.key, request.value}},
         [self](int64_t offset) { self->Tell({.offset = offset}); });
  }

  void On(const kafka::session::Commit&) {
    auto self = shared_from_this();
    End([self] { self->Tell({}); });
  }

  void StartTransaction() { added_.clear(); }

  // Adds the partition to the transaction, then sends one batch to it.
  void Send(const Place& place, Batch batch,
            std::function<void(int64_t)> sent) {
    auto self = shared_from_this();
    if (added_.contains(place)) return Deliver(place, std::move(batch), sent);
    Persist(
        "AddPartitionsToTxn",
        [self, place] {
          int64_t transaction = 0;
          const Error error = self->cluster_->AddPartition(
              self->id_, self->producer_, place.first, place.second,
              &transaction);
          if (self->link_->is_heard()) self->transaction_ = transaction;
          return error;
        },
        [self, place, batch = std::move(batch), sent] {
          self->added_.insert(place);
          self->Deliver(place, batch, sent);
        },
        Outcome::kUnknown, true);
  }

  void Deliver(const Place& place, Batch batch,
               std::function<void(int64_t)> sent) {
    auto self = shared_from_this();
    auto offset = std::make_shared<int64_t>(-1);
    const int32_t sequence = sequences_[place]++;
    Persist(
        "Produce",
        [self, place, sequence, offset, batch = std::move(batch)] {
          int64_t at = -1;
          const Error error = self->cluster_->Produce(
              self->id_, self->producer_, place.first, place.second, sequence,
              batch, &at);
          if (self->link_->is_heard()) *offset = at;
          return error;
        },
        [offset, sent] { sent(*offset); }, Outcome::kUnknown, false);
  }

  void End(Next ended) {
    auto self = shared_from_this();
    const int64_t transaction = transaction_;
    Persist(
        "EndTxn",
        [self, transaction] {
          return self->cluster_->EndTxn(self->id_, self->producer_,
                                        /*commit=*/true, transaction);
        },
        std::move(ended), Outcome::kUnknown, true);
  }

  void On(const kafka::session::ReadMarkers& request) {
    ReadOn(std::make_shared<kafka::session::ReadMarkers>(request),
           std::make_shared<Answer>(), request.from_offset);
  }

  void ReadOn(const std::shared_ptr<kafka::session::ReadMarkers>& request,
              const std::shared_ptr<Answer>& answer, int64_t from) {
    if (done_ == nullptr) return;
    auto self = shared_from_this();
    auto got = std::make_shared<PartitionLog::Fetched>();
    link_->Call(
        client_, "Fetch",
        [self, request, got, from] {
          if (!self->cluster_->HasLeaders()) return Error::kUnavailable;
          *got = self->cluster_->Read(request->topic, request->partition,
                                      from);
          return Error::kNone;
        },
        [=](std::optional<Error> error) {
          if (self->done_ == nullptr) return;
          if (error == Error::kNone && self->Take(*request, *got, *answer)) {
            return self->Tell(*answer);
          }
          if (self->IsOver(kReadPatienceNanos)) {
            return self->Tell({.outcome = Outcome::kRetriable,
                               .why = "the nonce did not come"});
          }
          const bool moved = error == Error::kNone && !got->records.empty();
          const int64_t next =
              error == Error::kNone ? got->next_offset : from;
          self->scheduler_->Post(
              self->client_, moved ? 0 : kBackOffNanos,
              [=] { self->ReadOn(request, answer, next); });
        });
  }

  // Whether that is the end of it.
  static bool Take(const kafka::session::ReadMarkers& request,
                   const PartitionLog::Fetched& fetched, Answer& answer) {
    if (fetched.is_out_of_range) {
      answer.is_out_of_range = true;
      return true;
    }
    for (const PartitionLog::Record& record : fetched.records) {
      if (record.key == request.nonce_key && record.value == request.nonce) {
        return true;
      }
      if (record.key == request.key) {
        answer.marker = record.value;
        answer.offset = record.offset;
      }
    }
    return false;
  }

  Scheduler* const scheduler_;
  KafkaCluster* const cluster_;
  BrokerLink* const link_;
  const ProcessRef client_;
  const std::string id_;
  const int64_t timeout_nanos_;

  Done done_;  // Null: nothing was asked.
  int64_t started_nanos_ = 0;
  // A request of the one under way that ends or begins something was sent
  // twice.
  bool resent_ = false;
  KafkaCluster::Producer producer_;
  int64_t transaction_ = 0;
  std::set<Place> added_;  // To the transaction.
  std::map<Place, int32_t> sequences_;
};

ModelSession::ModelSession(Scheduler* scheduler, KafkaCluster* cluster,
                           BrokerLink* link, ProcessRef client,
                           const kafka::SessionOptions& options)
    : producer_(std::make_shared<Producer>(scheduler, cluster, link,
                                           std::move(client), options)) {}

ModelSession::~ModelSession() { producer_->Close(); }

void ModelSession::Ask(kafka::session::Request request, absl::Duration wait,
                       Done done) {
  producer_->Begin(std::move(request), wait, std::move(done));
}

}  // namespace millrace::sim
