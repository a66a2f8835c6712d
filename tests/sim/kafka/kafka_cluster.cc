#include "tests/sim/kafka/kafka_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

// The broker looks for transactions that are too old so often.
constexpr int64_t kScanNanos = 10'000 * kMs;
// From the decision to a partition's marker.
constexpr int64_t kMarkerNanos = 30 * kMs;
constexpr int64_t kMarkerRetryNanos = 100 * kMs;

}  // namespace

void KafkaCluster::AddTopic(const std::string& name, int partitions,
                            std::map<std::string, std::string> config) {
  topics_[name] = {.config = std::move(config),
                   .partitions = std::vector<PartitionLog>(partitions)};
}

KafkaCluster::Topic* KafkaCluster::Find(const std::string& name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

void KafkaCluster::Grow(const std::string& name, int partitions) {
  topics_.at(name).partitions.resize(partitions);
}

PartitionLog* KafkaCluster::FindPartition(const std::string& topic,
                                          int partition) {
  Topic* const found = Find(topic);
  if (found == nullptr || partition < 0 ||
      partition >= static_cast<int>(found->partitions.size())) {
    return nullptr;
  }
  return &found->partitions[partition];
}

bool KafkaCluster::HasCoordinator() const {
  return scheduler_->clock().nanos() >= no_coordinator_until_;
}
bool KafkaCluster::HasLeaders() const {
  return scheduler_->clock().nanos() >= no_leader_until_;
}

void KafkaCluster::BeAway(bool coordinators, int64_t until_nanos) {
  int64_t& until = coordinators ? no_coordinator_until_ : no_leader_until_;
  until = std::max(until, until_nanos);
}

KafkaCluster::Error KafkaCluster::InitProducerId(const std::string& id,
                                                 int64_t timeout_nanos,
                                                 Producer* producer) {
  if (!HasCoordinator()) return Error::kUnavailable;
  auto [at, is_new] = ids_.try_emplace(id);
  Transactional& known = at->second;
  if (is_new) known.producer = {.id = ++last_producer_, .epoch = -1};
  switch (known.state) {
    case State::kOngoing:
      ++known.producer.epoch;
      ++counts_.fenced;
      Decide(id, /*commit=*/false);
      return Error::kConcurrentTransactions;
    case State::kPrepareCommit:
    case State::kPrepareAbort:
      return Error::kConcurrentTransactions;
    default:
      ++known.producer.epoch;
      known.state = State::kEmpty;
      known.timeout_nanos = timeout_nanos;
      *producer = known.producer;
      return Error::kNone;
  }
}

KafkaCluster::Error KafkaCluster::AddPartition(const std::string& id,
                                               const Producer& producer,
                                               const std::string& topic,
                                               int partition,
                                               int64_t* transaction) {
  if (!HasCoordinator()) return Error::kUnavailable;
  const auto at = ids_.find(id);
  if (at == ids_.end()) return Error::kUnknownProducer;
  Transactional& known = at->second;
  if (known.producer.epoch != producer.epoch) return Error::kFenced;
  if (FindPartition(topic, partition) == nullptr) {
    return Error::kUnknownTopicOrPartition;
  }
  if (known.state == State::kPrepareCommit ||
      known.state == State::kPrepareAbort) {
    return Error::kConcurrentTransactions;
  }
  if (known.state != State::kOngoing) {
    known.state = State::kOngoing;
    known.partitions.clear();
    ExpireAt(id, ++known.transaction);
  }
  known.partitions.emplace(topic, partition);
  *transaction = known.transaction;
  return Error::kNone;
}

void KafkaCluster::ExpireAt(const std::string& id, int64_t transaction) {
  const int64_t due =
      scheduler_->clock().nanos() + ids_[id].timeout_nanos;
  const int64_t scan = (due / kScanNanos + 1) * kScanNanos;
  scheduler_->Post(
      nullptr, scan - scheduler_->clock().nanos(), [this, id, transaction] {
        Transactional& known = ids_[id];
        if (known.state != State::kOngoing ||
            known.transaction != transaction) {
          return;
        }
        ++counts_.timed_out;
        ++known.producer.epoch;
        Decide(id, /*commit=*/false);
      });
}

KafkaCluster::Error KafkaCluster::Produce(
    const std::string& id, const Producer& producer, const std::string& topic,
    int partition, int32_t sequence, const std::vector<KeyValue>& records,
    int64_t* offset) {
  PartitionLog* const log = FindPartition(topic, partition);
  if (log == nullptr) return Error::kUnknownTopicOrPartition;
  if (!HasLeaders()) return Error::kUnavailable;
  // The leader asks the coordinator (transaction.partition.verification).
  if (!HasCoordinator()) return Error::kUnavailable;
  const auto at = ids_.find(id);
  if (at == ids_.end()) return Error::kUnknownProducer;
  const Transactional& known = at->second;
  if (known.producer.epoch != producer.epoch) return Error::kFenced;
  if (known.state != State::kOngoing ||
      !known.partitions.contains({topic, partition})) {
    return Error::kInvalidTxnState;
  }
  LastBatch& last = last_[{producer.id, topic, partition}];
  if (last.epoch != producer.epoch) last = {.epoch = producer.epoch};
  if (sequence <= last.sequence) {
    // Of an older batch nothing is known but that it is there.
    *offset = sequence == last.sequence ? last.offset : -1;
    return Error::kNone;
  }
  if (sequence != last.sequence + 1) return Error::kOutOfSequence;
  last.sequence = sequence;
  last.offset = log->end();
  *offset = last.offset;
  for (const auto& [key, value] : records) {
    log->Append(producer.id, key, value, ++appended_);
  }
  return Error::kNone;
}

KafkaCluster::Error KafkaCluster::EndTxn(const std::string& id,
                                         const Producer& producer, bool commit,
                                         int64_t transaction) {
  if (!HasCoordinator()) return Error::kUnavailable;
  const auto at = ids_.find(id);
  if (at == ids_.end()) return Error::kUnknownProducer;
  Transactional& known = at->second;
  if (known.producer.epoch != producer.epoch) return Error::kFenced;
  switch (known.state) {
    case State::kOngoing:
      if (transaction != known.transaction) ++counts_.late_ends;
      Decide(id, commit);
      return Error::kNone;
    case State::kPrepareCommit:
    case State::kPrepareAbort:
      return Error::kConcurrentTransactions;
    case State::kCompleteCommit:
      return commit ? Error::kNone : Error::kInvalidTxnState;
    case State::kCompleteAbort:
      return commit ? Error::kInvalidTxnState : Error::kNone;
    case State::kEmpty:
      return Error::kInvalidTxnState;
  }
  return Error::kInvalidTxnState;
}

void KafkaCluster::Decide(const std::string& id, bool commit) {
  Transactional& known = ids_[id];
  known.state = commit ? State::kPrepareCommit : State::kPrepareAbort;
  scheduler_->Trace(absl::StrCat("broker: ", commit ? "commits " : "aborts ",
                                 id, " transaction ", known.transaction));
  for (const auto& partition : known.partitions) {
    const int64_t transaction = known.transaction;
    scheduler_->Post(nullptr, scheduler_->Jitter(kMarkerNanos),
                     [this, id, transaction, partition, commit] {
                       WriteMarker(id, transaction, partition, commit);
                     });
  }
}

void KafkaCluster::WriteMarker(const std::string& id, int64_t transaction,
                               const std::pair<std::string, int>& partition,
                               bool commit) {
  if (!HasLeaders() || !HasCoordinator()) {
    scheduler_->Post(nullptr, kMarkerRetryNanos,
                     [this, id, transaction, partition, commit] {
                       WriteMarker(id, transaction, partition, commit);
                     });
    return;
  }
  Transactional& known = ids_[id];
  if (PartitionLog* const log =
          FindPartition(partition.first, partition.second)) {
    log->End(known.producer.id, commit);
  }
  known.partitions.erase(partition);
  if (!known.partitions.empty()) return;
  known.state = commit ? State::kCompleteCommit : State::kCompleteAbort;
}

void KafkaCluster::CutOff(const std::string& topic, int partition,
                          int64_t until_nanos) {
  const PartitionLog* const log = FindPartition(topic, partition);
  if (log == nullptr) return;
  views_[{topic, partition}] = {.end = log->last_stable(),
                                .until_nanos = until_nanos};
}

PartitionLog::Fetched KafkaCluster::Read(const std::string& topic,
                                         int partition, int64_t from) {
  const PartitionLog* const log = FindPartition(topic, partition);
  const auto view = views_.find({topic, partition});
  const bool cut_off =
      view != views_.end() &&
      scheduler_->clock().nanos() < view->second.until_nanos;
  constexpr size_t kMostRecords = 3;
  return log->ReadCommitted(from, kMostRecords,
                            cut_off ? view->second.end : INT64_MAX);
}

}  // namespace millrace::sim
