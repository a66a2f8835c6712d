#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/aggregate_cache.h"
#include "runtime/operators/aggregate_fold.h"
#include "runtime/operators/aggregate_snapshot.h"
#include "runtime/operators/group_keys.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/upsert_calls.h"

namespace millrace {

// Aggregates per key without windows: a changelog of one net change for each
// key and batch. Phases kSingle and kGlobal; kLocal is LocalAggregateOperator.
//
// A key's first row puts out +I; later ones -U and +U where the result
// differs, and nothing where it is the same; -D when a retraction takes the
// last row. A retraction of a key without rows is ignored, as in Flink.
//
// Of upserts (runtime/plan/upsert_calls.h) a key's row count is 1 while it has
// a row: +I and +U put the row in the place of the one before, -D takes it
// away, and of a key without a row is ignored.
//
// With a state TTL, a key that was not updated for so long begins anew with
// its next row, without a word of its old result; each batch looks at some
// more of the table and erases what has expired. As in Flink, an update then
// puts out its change even when the result is the same.
//
// Where the backend has stores, the table is a cache over them, and a batch
// waits (kNeedsState) until what it needs has been read.
//
// Invariant: between batches every slot's touch mark is zero.
class GroupAggregateOperator final : public Operator {
 public:
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const GroupAggregateSpec& spec, const std::vector<LogicalType>& input,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::Status Snapshot(SnapshotWriter& writer) override;
  absl::Status Restore(SnapshotReader& reader) override;

 private:
  GroupAggregateOperator(const GroupAggregateSpec& spec,
                         const std::vector<LogicalType>& input,
                         const OperatorContext& context,
                         AggregateLayout layout);

  // A key that the batch has rows of.
  struct Touched {
    char* slot;
    bool existed;
  };
  absl::Status Fold(const Batch& batch);
  absl::Status Touch(char* slot, bool existed);
  bool IsExpired(char* slot) const {
    return layout_.stamp(slot) + spec_.state_ttl_ms <= now_ms_;
  }
  // The appends into added_, the retractions into retracted_, each counted; of
  // upserts the rows that stand into added_.
  absl::Status SplitRows(const Batch& batch, const SlotRows& rows);
  bool ExistsNow(char* slot) const {
    return !CountsRows(spec_) || layout_.row_count(slot) > 0;
  }

  // Whether a group may lose its last row.
  static bool CountsRows(const GroupAggregateSpec& spec) {
    return spec.input_retracts || TakesUpserts(spec.calls);
  }

  // Turns touched_ into changes_.
  void CollectChanges();
  // differs_[i] = whether the results of touched_[i] are not what they were.
  void FindDifferences();
  const char* Before(size_t touched) const {
    return before_.data() + touched * layout_.slot_bytes();
  }
  absl::StatusOr<Progress> EmitChanges(Output& output);
  absl::Status EndBatch();
  // Adds groups of the next part of the table that have expired to `erased`.
  using GroupNames = std::vector<std::pair<std::string, uint64_t>>;
  void Sweep(GroupNames& erased);

  const GroupAggregateSpec spec_;
  const OperatorContext context_;
  AggregateLayout layout_;
  AggregateFold fold_;
  GroupKeys keys_;
  AggregateSchema schema_;
  std::unique_ptr<AggregateCache> cache_;  // Null: everything is resident.
  AggregateTable table_;
  // Whether what a group was before the batch is needed at all: not where a
  // COUNT(*) makes every row a change and nobody needs -U.
  const bool keeps_before_;

  int64_t now_ms_ = 0;           // Of the batch; only with a TTL.
  uint64_t sweep_position_ = 0;  // Where the next Sweep begins.

  std::vector<uint8_t> inserted_;
  std::vector<Touched> touched_;
  std::vector<char> before_;  // Slots as they were, one for each touched_.
  std::vector<uint8_t> differs_;
  struct RowList {
    std::vector<char*> slots;
    std::vector<uint32_t> rows;
  };
  RowList added_;
  RowList retracted_;

  // What is to be put out for the batch: changes_[next_change_] comes next.
  struct Changes {
    std::vector<const char*> results;  // Slots, as they are or as they were.
    std::vector<char*> groups;         // Slots in the table: the keys.
    std::vector<RowKind> kinds;
  };
  bool emitting_ = false;
  Changes changes_;
  size_t next_change_ = 0;
};

}  // namespace millrace
