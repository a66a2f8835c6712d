#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/sim/kafka/partition_log.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// The brokers of a simulated Kafka: topics, and the coordinator of transactions
// as the protocol of its first version has it (no new epoch for each
// transaction), with the answers that tests/e2e/conformance compares:
//
//   EndTxn finds          and answers
//   Ongoing, same epoch   decides whatever transaction is open now
//   Prepare...            CONCURRENT_TRANSACTIONS
//   Complete, the same    OK again
//   Empty, Complete, the other    INVALID_TXN_STATE
//   another epoch         PRODUCER_FENCED
//   an id not known       INVALID_PRODUCER_ID_MAPPING
//
// A request takes effect when it arrives: what the way there and back may do to
// it is BrokerLink's. Decided transactions become visible partition by
// partition. Everything decided outlives brokers; while a part of them is away
// what needs it answers kUnavailable.
class KafkaCluster {
 public:
  enum class Error {
    kNone,
    kUnavailable,  // No coordinator, no leader: for now.
    kConcurrentTransactions,
    kInvalidTxnState,
    kFenced,
    kUnknownProducer,
    kUnknownTopicOrPartition,
    kOutOfSequence
  };
  struct Producer {
    int64_t id = -1;
    int32_t epoch = -1;
  };
  struct Topic {
    std::map<std::string, std::string> config;
    std::vector<PartitionLog> partitions;
  };
  // What faults did to transactions, to be counted.
  struct Counts {
    int64_t timed_out = 0;
    int64_t fenced = 0;
    int64_t late_ends = 0;  // EndTxn that decided a later transaction.
  };

  // The scheduler outlives this.
  explicit KafkaCluster(Scheduler* scheduler) : scheduler_(scheduler) {}

  void AddTopic(const std::string& name, int partitions,
                std::map<std::string, std::string> config);
  // Null: there is none.
  Topic* Find(const std::string& name);
  // REQUIRES: it exists and has not more already.
  void Grow(const std::string& name, int partitions);

  Error InitProducerId(const std::string& id, int64_t timeout_nanos,
                       Producer* producer);
  // `transaction`: the one that it is in now.
  Error AddPartition(const std::string& id, const Producer& producer,
                     const std::string& topic, int partition,
                     int64_t* transaction);
  // A batch: `sequence` counts those of a session to the partition, from 0 on;
  // one that is there already is not appended again. `offset`: of its first.
  using KeyValue =
      std::pair<std::optional<std::string>, std::optional<std::string>>;
  Error Produce(const std::string& id, const Producer& producer,
                const std::string& topic, int partition, int32_t sequence,
                const std::vector<KeyValue>& records, int64_t* offset);
  // `transaction`: the one that the sender means, for the counts alone.
  Error EndTxn(const std::string& id, const Producer& producer, bool commit,
               int64_t transaction);

  // Until then no coordinator (`coordinators`) or no leader answers.
  void BeAway(bool coordinators, int64_t until_nanos);
  bool HasCoordinator() const;
  bool HasLeaders() const;
  // Until then readers of the partition reach a leader that was cut off now.
  void CutOff(const std::string& topic, int partition, int64_t until_nanos);
  PartitionLog::Fetched Read(const std::string& topic, int partition,
                             int64_t from);

  const Counts& counts() const { return counts_; }

 private:
  enum class State {
    kEmpty, kOngoing, kPrepareCommit, kPrepareAbort, kCompleteCommit,
    kCompleteAbort
  };
  struct Transactional {
    Producer producer;
    State state = State::kEmpty;
    int64_t timeout_nanos = 0;
    std::set<std::pair<std::string, int>> partitions;
    int64_t transaction = 0;  // Counts those that were begun.
  };
  struct LastBatch {
    int32_t epoch = 0;
    int32_t sequence = -1;
    int64_t offset = -1;
  };
  struct View {
    int64_t end = INT64_MAX;
    int64_t until_nanos = 0;
  };

  PartitionLog* FindPartition(const std::string& topic, int partition);
  void Decide(const std::string& id, bool commit);
  // Writes one partition's marker, or waits for its leader.
  void WriteMarker(const std::string& id, int64_t transaction,
                   const std::pair<std::string, int>& partition, bool commit);
  void ExpireAt(const std::string& id, int64_t transaction);

  Scheduler* const scheduler_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, Transactional> ids_;
  std::map<std::tuple<int64_t, std::string, int>, LastBatch> last_;
  std::map<std::pair<std::string, int>, View> views_;
  int64_t last_producer_ = 0;
  int64_t appended_ = 0;
  int64_t no_coordinator_until_ = 0;
  int64_t no_leader_until_ = 0;
  Counts counts_;
};

}  // namespace millrace::sim
