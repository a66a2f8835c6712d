#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "runtime/operators/aggregate_fold.h"
#include "runtime/operators/aggregate_snapshot.h"
#include "runtime/operators/group_keys.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/slice_assigner.h"
#include "runtime/operators/slice_rows.h"

namespace millrace {

// Aggregates per key and window: one row for each when the watermark (or
// processing time) reaches the window's last millisecond. Phases kSingle and
// kGlobal; kLocal is LocalAggregateOperator.
//
// Each slice has a table of its own. A due window of one slice is that table;
// HOP merges the window's tables into a scratch one; CUMULATE merges each later
// slice into the oldest of its span, which so holds the running result. A table
// goes as a whole after the last window it is part of.
//
// Lateness as in Flink: a row is late, dropped and counted when every window
// of its slice has fired; otherwise it still counts in the others.
//
// Invariant: while a window is being put out, its merged table is not changed.
class WindowAggregateOperator final : public Operator {
 public:
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const WindowAggregateSpec& spec, const std::vector<LogicalType>& input,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                   Output& output) override;
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output) override;
  int64_t NextTimer() const override;
  absl::Status Snapshot(SnapshotWriter& writer) override;
  absl::Status Restore(SnapshotReader& reader) override;

 private:
  WindowAggregateOperator(const WindowAggregateSpec& spec,
                          const std::vector<LogicalType>& input,
                          const OperatorContext& context,
                          SliceAssigner assigner, AggregateLayout layout);

  // The rows that are not late: all of `rows`, or those kept in on_time_, with
  // slice_ends_ moved up.
  Selection DropLate(Selection rows);
  bool IsFired(int64_t window_end);
  // The first window of the slice that is still to fire.
  int64_t NextWindowOf(int64_t slice_end);

  AggregateTable& TableOf(int64_t slice_end);
  std::unique_ptr<AggregateTable> NewTable() const;
  // Puts out every window due at `progress_ms` that has not fired.
  absl::StatusOr<Progress> FireDue(int64_t progress_ms, Output& output);
  // Makes emitted_ the table of the window that ends at window_end_.
  absl::Status MergeWindow();
  absl::StatusOr<Progress> EmitWindow(Output& output);
  // Forgets the slices whose last window is window_end_ or before it.
  void DropSlices();
  // To be called before the slice's table goes.
  void NoteDropped(int64_t slice_end, const AggregateTable& table);

  const WindowAggregateSpec spec_;
  const OperatorContext context_;
  SliceAssigner assigner_;
  const WindowSlices& windows_;  // assigner_'s, as is the clock.
  WindowClock& clock_;
  AggregateLayout layout_;
  AggregateFold fold_;
  GroupKeys keys_;
  AggregateSchema schema_;
  Counter* late_rows_ = nullptr;

  absl::btree_map<int64_t, std::unique_ptr<AggregateTable>> slices_;  // By end.
  std::vector<std::unique_ptr<AggregateTable>> spare_;  // Empty, to be reused.
  std::unique_ptr<AggregateTable> scratch_;             // HOP's merged window.
  // Prefixes of slices that went since a snapshot had some of them.
  std::vector<std::string> dropped_;
  SliceRows slice_rows_;
  std::vector<int64_t> slice_ends_;
  std::vector<uint32_t> on_time_;

  int64_t progress_ms_ = INT64_MIN;  // Windows due at or before it have fired.
  int64_t last_fired_ = INT64_MIN;   // The end of the last of them.
  // The window being put out; emitted_ is null between windows.
  AggregateTable* emitted_ = nullptr;
  int64_t window_end_ = 0;
  uint64_t position_ = 0;
};

}  // namespace millrace
