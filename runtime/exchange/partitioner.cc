#include "runtime/exchange/partitioner.h"

#include <algorithm>
#include <utility>

#include "runtime/base/hash.h"

namespace millrace {

Partitioner Partitioner::One(int receiver) {
  Partitioner partitioner(Kind::kOne, 1);
  partitioner.next_ = receiver;
  return partitioner;
}

Partitioner Partitioner::Rebalance(int receivers, int first) {
  Partitioner partitioner(Kind::kRebalance, receivers);
  partitioner.next_ = first % receivers;
  return partitioner;
}

Partitioner Partitioner::Broadcast(int receivers) {
  return Partitioner(Kind::kBroadcast, receivers);
}

Partitioner Partitioner::Hash(std::vector<int> receiver_of_group,
                              HashRows hash) {
  const int receivers =
      1 + *std::max_element(receiver_of_group.begin(), receiver_of_group.end());
  Partitioner partitioner(Kind::kHash, receivers);
  partitioner.receiver_of_group_ = std::move(receiver_of_group);
  partitioner.hash_ = std::move(hash);
  partitioner.pending_.resize(receivers);
  partitioner.rows_.assign(receivers, std::vector<uint32_t>(kMaxBatchRows));
  partitioner.row_counts_.resize(receivers);
  return partitioner;
}

void Partitioner::Route(Batch batch, std::vector<Routed>& out) {
  if (batch.selected_count() == 0) return;
  switch (kind_) {
    case Kind::kOne:
      out.push_back({next_, std::move(batch)});
      return;
    case Kind::kRebalance:
      out.push_back({next_, std::move(batch)});
      next_ = next_ + 1 == receivers_ ? 0 : next_ + 1;
      return;
    case Kind::kBroadcast:
      for (int i = 0; i < receivers_; ++i) out.push_back({i, batch});
      return;
    case Kind::kHash:
      batch.hashes = hash_(batch);
      Scatter(batch, out);
      return;
  }
}

void Partitioner::Scatter(const Batch& batch, std::vector<Routed>& out) {
  const auto* hashes = batch.hashes->data<int64_t>();
  const uint32_t mask = batch.hashes->index_mask();
  const auto groups = static_cast<int32_t>(receiver_of_group_.size());
  std::fill(row_counts_.begin(), row_counts_.end(), 0);
  batch.selection().ForEach([&](uint32_t row) {
    const int32_t group =
        KeyGroupOf(static_cast<uint64_t>(hashes[row & mask]), groups);
    const int receiver = receiver_of_group_[group];
    rows_[receiver][row_counts_[receiver]++] = row;
  });
  for (int i = 0; i < receivers_; ++i) Collect(i, batch, out);
}

void Partitioner::Collect(int receiver, const Batch& batch,
                          std::vector<Routed>& out) {
  BatchAccumulator& pending = pending_[receiver];
  const uint32_t* rows = rows_[receiver].data();
  uint32_t left = row_counts_[receiver];
  while (left > 0) {
    const uint32_t step = std::min(pending.room(), left);
    pending.Append(batch, rows, step);
    rows += step;
    left -= step;
    if (pending.row_count() >= kFullRows) {
      out.push_back({receiver, pending.Take()});
    }
  }
}

void Partitioner::Flush(std::vector<Routed>& out) {
  for (int i = 0; i < static_cast<int>(pending_.size()); ++i) {
    if (pending_[i].row_count() == 0) continue;
    out.push_back({i, pending_[i].Take()});
  }
}

bool Partitioner::HasPending() const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [](const BatchAccumulator& pending) {
                       return pending.row_count() > 0;
                     });
}

}  // namespace millrace
