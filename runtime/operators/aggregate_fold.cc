#include "runtime/operators/aggregate_fold.h"

#include "runtime/base/status_macros.h"

namespace millrace {

AggregateFold::AggregateFold(const AggregateLayout* layout)
    : layout_(layout), filtered_(layout->filters().size()) {
  for (const AggregateLayout::DistinctSet& set : layout->distinct_sets()) {
    packers_.emplace_back(std::vector<LogicalType>{set.type});
  }
}

absl::Status AggregateFold::Apply(AggregateTable& table, const Batch& batch,
                                  const SlotRows& rows, RowChange change) {
  for (size_t i = 0; i < filtered_.size(); ++i) {
    Filter(*batch.columns[layout_->filters()[i]], rows, filtered_[i]);
  }
  SlotHeap& heap = table.slots().heap();
  for (const AggregateLayout::Planned& planned : layout_->planned()) {
    if (planned.distinct_set >= 0) continue;
    const Vector* args[2] = {};
    for (size_t i = 0; i < planned.args.size(); ++i) {
      args[i] = batch.columns[planned.args[i]].get();
    }
    const SlotRows own =
        planned.filter < 0 ? rows : RowsOf(filtered_[planned.filter], rows);
    planned.accumulator->Apply(own, {args, planned.args.size()}, change, heap);
  }
  for (size_t set = 0; set < packers_.size(); ++set) {
    RETURN_IF_ERROR(ApplyDistinct(table, static_cast<int>(set), batch, rows,
                                  change));
  }
  return heap.status();
}

void AggregateFold::Filter(const Vector& condition, const SlotRows& rows,
                           Filtered& out) {
  out.passes.resize(rows.count);
  out.rows.resize(rows.count);
  const auto* values = condition.data<uint8_t>();
  const uint32_t mask = condition.index_mask();
  const bool nullable = condition.may_have_nulls();
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows.rows[i];
    out.passes[i] = nullable && condition.IsNull(row) ? 0 : values[row & mask];
  }
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    out.rows[count] = rows.rows[i];
    count += out.passes[i];
  }
  out.count = count;
  if (rows.one_slot) return;
  out.slots.resize(rows.count);
  count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    out.slots[count] = rows.slots[i];
    count += out.passes[i];
  }
}

SlotRows AggregateFold::RowsOf(const Filtered& filtered,
                               const SlotRows& rows) const {
  return {.count = filtered.count,
          .slots = rows.one_slot ? rows.slots : filtered.slots.data(),
          .rows = filtered.rows.data(),
          .one_slot = rows.one_slot};
}

void AggregateFold::MaskRows(const AggregateLayout::DistinctSet& set,
                             const Vector& column, const SlotRows& rows) {
  masks_.assign(rows.count, 0);
  for (size_t call = 0; call < set.planned.size(); ++call) {
    const int filter = layout_->planned()[set.planned[call]].filter;
    if (filter < 0) {
      for (uint64_t& mask : masks_) mask |= uint64_t{1} << call;
      continue;
    }
    const uint8_t* passes = filtered_[filter].passes.data();
    for (uint32_t i = 0; i < rows.count; ++i) {
      masks_[i] |= uint64_t{passes[i]} << call;
    }
  }
  if (!column.may_have_nulls()) return;
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (column.IsNull(rows.rows[i])) masks_[i] = 0;
  }
}

absl::Status AggregateFold::ApplyDistinct(AggregateTable& table, int set_index,
                                          const Batch& batch,
                                          const SlotRows& rows,
                                          RowChange change) {
  const AggregateLayout::DistinctSet& set =
      layout_->distinct_sets()[set_index];
  const VectorRef& column = batch.columns[set.column];
  MaskRows(set, *column, rows);
  rows_.resize(rows.count);
  slots_.resize(rows.count);
  groups_.resize(rows.count);
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    char* slot = rows.slots[rows.one_slot ? 0 : i];
    rows_[count] = rows.rows[i];
    slots_[count] = slot;
    masks_[count] = masks_[i];
    groups_[count] = layout_->group_id(slot);
    count += masks_[count] != 0;
  }
  if (count == 0) return absl::OkStatus();
  DistinctTable& seen = table.distinct(set_index);
  const Selection present = Selection::Of(rows_.data(), count);
  const PackedKeys values =
      seen.needs_hashes()
          ? packers_[set_index].Pack({&column, 1}, present, nullptr)
          : packers_[set_index].PackWordsOnly(*column, present);
  changed_.resize(count);
  RETURN_IF_ERROR(seen.Apply({.values = values,
                              .groups = groups_.data(),
                              .masks = masks_.data()},
                             change, changed_.data()));
  // Most rows bring nothing new; the calls look only at those that do.
  uint32_t changed = 0;
  for (uint32_t i = 0; i < count; ++i) {
    rows_[changed] = rows_[i];
    slots_[changed] = slots_[i];
    changed_[changed] = changed_[i];
    changed += changed_[i] != 0;
  }
  call_rows_.resize(changed);
  call_slots_.resize(changed);
  const Vector* args[] = {column.get()};
  for (size_t call = 0; call < set.planned.size(); ++call) {
    uint32_t own = 0;
    for (uint32_t i = 0; i < changed; ++i) {
      if (((changed_[i] >> call) & 1) == 0) continue;
      call_rows_[own] = rows_[i];
      call_slots_[own++] = slots_[i];
    }
    layout_->planned()[set.planned[call]].accumulator->Apply(
        {.count = own, .slots = call_slots_.data(), .rows = call_rows_.data()},
        args, change, table.slots().heap());
  }
  return absl::OkStatus();
}

}  // namespace millrace
