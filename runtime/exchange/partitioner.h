#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/exchange/batch_accumulator.h"

namespace millrace {

// Computes the hash column of a batch, one int64 a row of the batch.
using HashRows = std::function<VectorRef(const Batch& batch)>;

// Decides which receiver gets which rows of a sender.
//
// By hash, rows are gathered into one batch under construction a receiver,
// which is given out at kFullRows: so receivers get large batches whatever the
// sender's are. What is under construction must go out by Flush before any
// event of the stream, and when it has grown old. Every other kind passes
// whole batches on at once. Not thread-safe.
class Partitioner {
 public:
  // Enough rows to hide a lookup's latency behind the next ones, few enough
  // to stay in L2 with the state touched.
  static constexpr uint32_t kFullRows = 1024;

  // A batch on its way to one receiver.
  struct Routed {
    int receiver;
    Batch batch;
  };

  // Everything to `receiver`.
  static Partitioner One(int receiver);
  // Whole batches in turn, beginning with `first`.
  static Partitioner Rebalance(int receivers, int first);
  static Partitioner Broadcast(int receivers);
  // By the key group of the row's hash: `receiver_of_group[group]`.
  static Partitioner Hash(std::vector<int> receiver_of_group, HashRows hash);

  // Appends to `out` what is ready to go.
  void Route(Batch batch, std::vector<Routed>& out);
  void Flush(std::vector<Routed>& out);
  // Whether Flush has anything to give.
  bool HasPending() const;

 private:
  enum class Kind { kOne, kRebalance, kBroadcast, kHash };

  Partitioner(Kind kind, int receivers) : kind_(kind), receivers_(receivers) {}
  void Scatter(const Batch& batch, std::vector<Routed>& out);
  void Collect(int receiver, const Batch& batch,
               std::vector<Routed>& out);

  Kind kind_;
  int receivers_;
  int next_ = 0;
  std::vector<int> receiver_of_group_;
  HashRows hash_;
  std::vector<BatchAccumulator> pending_;
  // Scratch of Scatter: the rows of each receiver, and how many they are.
  std::vector<std::vector<uint32_t>> rows_;
  std::vector<uint32_t> row_counts_;
};

}  // namespace millrace
