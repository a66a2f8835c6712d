#include "runtime/operators/group_aggregate_operator.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/operators/aggregate_restore.h"
#include "runtime/operators/vector_difference.h"

namespace millrace {
namespace {

// Groups looked at for their TTL with each batch: a few microseconds.
constexpr size_t kLeastSweep = 64;

AggregateSchema SchemaOf(const GroupAggregateSpec& spec,
                         const GroupKeys& keys) {
  AggregateSchema schema =
      AggregateSchema::Of(keys.types(), spec.calls, spec.phase);
  if (spec.state_ttl_ms > 0) schema.value_type += ", stamped";
  return schema;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Operator>> GroupAggregateOperator::Open(
    const GroupAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context) {
  ASSIGN_OR_RETURN(AggregateLayout layout,
                   AggregateLayout::Make(spec.calls,
                                         {.phase = spec.phase,
                                          .retracts = spec.input_retracts,
                                          .marks = true,
                                          .row_count = CountsRows(spec),
                                          .stamp = spec.state_ttl_ms > 0}));
  return std::unique_ptr<Operator>(
      new GroupAggregateOperator(spec, input, context, std::move(layout)));
}

GroupAggregateOperator::GroupAggregateOperator(
    const GroupAggregateSpec& spec, const std::vector<LogicalType>& input,
    const OperatorContext& context, AggregateLayout layout)
    : spec_(spec),
      context_(context),
      layout_(std::move(layout)),
      fold_(&layout_),
      keys_(spec.keys, input),
      schema_(SchemaOf(spec, keys_)),
      cache_(AggregateCache::Make({.schema = schema_, .layout = &layout_,
                                   .context = context,
                                   .ttl_ms = spec.state_ttl_ms})),
      table_({.layout = &layout_,
              .keys = keys_.layout(),
              .hashes = HashesOf(context),
              .over_store = cache_ != nullptr,
              .memory = context.memory,
              .owner = context.name}),
      keeps_before_(spec.emit_update_before || CountsRows(spec) ||
                    !layout_.counts_every_row()) {
  // An empty table is what an empty store has.
  if (cache_ != nullptr) MILLRACE_CHECK_OK(table_.Settle());
}

absl::StatusOr<Progress> GroupAggregateOperator::Process(int,
                                                         const Batch& batch,
                                                         Output& output) {
  if (batch.selected_count() == 0) return Progress::kDone;
  if (!emitting_) {
    if (cache_ != nullptr) {
      ASSIGN_OR_RETURN(const StateAccess access,
                       cache_->Prepare(batch, keys_, table_));
      if (access == StateAccess::kPending) return Progress::kNeedsState;
    }
    RETURN_IF_ERROR(Fold(batch));
    CollectChanges();
    emitting_ = true;
  }
  ASSIGN_OR_RETURN(const Progress progress, EmitChanges(output));
  if (progress != Progress::kDone) return progress;
  emitting_ = false;
  RETURN_IF_ERROR(EndBatch());
  return Progress::kDone;
}

absl::Status GroupAggregateOperator::Fold(const Batch& batch) {
  RETURN_IF_ERROR(table_.DropOrphans());
  const Selection selection = batch.selection();
  inserted_.resize(selection.size());
  touched_.clear();
  if (spec_.state_ttl_ms > 0) {
    now_ms_ = absl::ToUnixMillis(context_.clock->Now());
  }
  ASSIGN_OR_RETURN(
      const SlotRows rows,
      keys_.Locate(table_, batch, selection, inserted_.data()));
  if (keeps_before_) before_.resize(rows.count * layout_.slot_bytes());
  if (CountsRows(spec_)) {
    RETURN_IF_ERROR(SplitRows(batch, rows));
    for (const RowChange change : {RowChange::kAdd, RowChange::kRetract}) {
      const RowList& list = change == RowChange::kAdd ? added_ : retracted_;
      if (list.rows.empty()) continue;
      RETURN_IF_ERROR(fold_.Apply(
          table_, batch,
          {.count = static_cast<uint32_t>(list.rows.size()),
           .slots = list.slots.data(), .rows = list.rows.data(),
           .one_slot = rows.one_slot},
          change));
    }
    return absl::OkStatus();
  }
  const uint32_t slot_count = rows.one_slot ? 1 : rows.count;
  for (uint32_t i = 0; i < slot_count; ++i) {
    RETURN_IF_ERROR(Touch(rows.slots[i], inserted_[i] == 0));
  }
  return fold_.Apply(table_, batch, rows, RowChange::kAdd);
}

absl::Status GroupAggregateOperator::Touch(char* slot, bool existed) {
  if (layout_.touch(slot) != 0) return absl::OkStatus();
  if (spec_.state_ttl_ms > 0) {
    if (existed && IsExpired(slot)) {
      RETURN_IF_ERROR(table_.Reset(slot));
      existed = false;
    }
    layout_.stamp(slot) = now_ms_;
  }
  if (keeps_before_) {
    std::memcpy(before_.data() + touched_.size() * layout_.slot_bytes(), slot,
                layout_.slot_bytes());
  }
  layout_.touch(slot) = 1;
  touched_.push_back({.slot = slot, .existed = existed});
  return absl::OkStatus();
}

absl::Status GroupAggregateOperator::SplitRows(const Batch& batch,
                                               const SlotRows& rows) {
  for (RowList* list : {&added_, &retracted_}) {
    list->slots.clear();
    list->rows.clear();
  }
  const bool upserts = TakesUpserts(spec_.calls);
  for (uint32_t i = 0; i < rows.count; ++i) {
    char* slot = rows.slots[rows.one_slot ? 0 : i];
    int64_t& row_count = layout_.row_count(slot);
    RETURN_IF_ERROR(Touch(slot, row_count > 0));
    const bool adds = Adds(batch.kind(rows.rows[i]));
    if (upserts) {
      row_count = adds ? 1 : 0;
      if (!adds) continue;
    } else {
      if (!adds && row_count == 0) continue;
      row_count += adds ? 1 : -1;
    }
    RowList& list = adds ? added_ : retracted_;
    list.slots.push_back(slot);
    list.rows.push_back(rows.rows[i]);
  }
  return absl::OkStatus();
}

void GroupAggregateOperator::FindDifferences() {
  const auto count = static_cast<uint32_t>(touched_.size());
  differs_.assign(count, 0);
  std::vector<const char*> before(count);
  std::vector<const char*> after(count);
  for (uint32_t i = 0; i < count; ++i) {
    before[i] = Before(i);
    after[i] = touched_[i].slot;
  }
  const auto old_results = layout_.Emit(before.data(), count);
  const auto new_results = layout_.Emit(after.data(), count);
  for (size_t column = 0; column < new_results.size(); ++column) {
    MarkDifferences(*old_results[column], *new_results[column], count,
                    differs_.data());
  }
}

void GroupAggregateOperator::CollectChanges() {
  changes_.results.clear();
  changes_.groups.clear();
  changes_.kinds.clear();
  next_change_ = 0;
  const bool always_differs =
      spec_.state_ttl_ms > 0 ||
      (!CountsRows(spec_) && layout_.counts_every_row());
  if (!always_differs) FindDifferences();
  const auto add = [this](RowKind kind, const char* result, char* group) {
    changes_.kinds.push_back(kind);
    changes_.results.push_back(result);
    changes_.groups.push_back(group);
  };
  for (size_t i = 0; i < touched_.size(); ++i) {
    char* slot = touched_[i].slot;
    const bool exists = ExistsNow(slot);
    if (!touched_[i].existed) {
      if (exists) add(RowKind::kInsert, slot, slot);
    } else if (!exists) {
      add(RowKind::kDelete, Before(i), slot);
    } else if (always_differs || differs_[i]) {
      if (spec_.emit_update_before) {
        add(RowKind::kUpdateBefore, Before(i), slot);
      }
      add(RowKind::kUpdateAfter, slot, slot);
    }
  }
}

absl::StatusOr<Progress> GroupAggregateOperator::EmitChanges(Output& output) {
  while (next_change_ < changes_.kinds.size()) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    const auto count = static_cast<uint32_t>(std::min<size_t>(
        changes_.kinds.size() - next_change_, kMaxBatchRows));
    Batch batch = {.row_count = count};
    batch.columns =
        keys_.Columns(table_, changes_.groups.data() + next_change_, count);
    for (VectorRef& column :
         layout_.Emit(changes_.results.data() + next_change_, count)) {
      batch.columns.push_back(std::move(column));
    }
    const RowKind* kinds = changes_.kinds.data() + next_change_;
    if (std::count(kinds, kinds + count, RowKind::kInsert) < count) {
      auto column = std::make_shared<Vector>(PhysicalType::kInt8, count);
      std::memcpy(column->data<int8_t>(), kinds, count);
      batch.kinds = std::move(column);
    }
    next_change_ += count;
    RETURN_IF_ERROR(output.Emit(std::move(batch)));
  }
  return Progress::kDone;
}

// Groups without rows go. Erasing moves others, so they are found again by
// their keys, one at a time.
absl::Status GroupAggregateOperator::EndBatch() {
  GroupNames erased;
  for (const Touched& touched : touched_) {
    layout_.touch(touched.slot) = 0;
    if (!ExistsNow(touched.slot)) {
      erased.emplace_back(table_.slots().key(touched.slot),
                          table_.slots().hash(touched.slot));
    }
  }
  if (spec_.state_ttl_ms > 0) Sweep(erased);
  for (const auto& [key, hash] : erased) {
    char* slot = nullptr;
    RETURN_IF_ERROR(table_.slots().FindOrInsertOne(key, hash, &slot));
    table_.Erase(slot);
  }
  table_.slots().heap().Reclaim();
  if (cache_ != nullptr) return cache_->EndBatch(table_);
  return table_.DropOrphans();
}

void GroupAggregateOperator::Sweep(GroupNames& erased) {
  // Twice what the batch may have added, so that the sweep keeps up.
  const auto limit = static_cast<uint32_t>(
      std::max<size_t>(kLeastSweep, 2 * touched_.size()));
  std::vector<char*> slots(limit);
  const uint32_t count =
      table_.slots().Scan(&sweep_position_, limit, slots.data());
  if (count < limit) sweep_position_ = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (!IsExpired(slots[i]) || !ExistsNow(slots[i])) continue;
    erased.emplace_back(table_.slots().key(slots[i]),
                        table_.slots().hash(slots[i]));
  }
}

absl::Status GroupAggregateOperator::Snapshot(SnapshotWriter& writer) {
  MILLRACE_CHECK(!emitting_);
  // Over a store only it knows all.
  MILLRACE_CHECK(cache_ == nullptr ||
                 writer.extent() != SnapshotWriter::Extent::kAll);
  const PrefixedTable table = {.prefix = "", .table = &table_};
  return SnapshotTables({&table, 1}, {}, layout_, schema_, context_, writer);
}

absl::Status GroupAggregateOperator::Restore(SnapshotReader& reader) {
  RETURN_IF_ERROR(RestoreTables(
      0, layout_, schema_, context_,
      [this](absl::string_view) -> AggregateTable& { return table_; }, reader));
  if (cache_ != nullptr) cache_->ExpectStored();
  return table_.Settle();
}

}  // namespace millrace
