#include "runtime/operators/constraint_enforcer.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/length_fitter.h"

namespace millrace {
namespace {

// The fields of the rows that a writer gets.
std::vector<RowField> WrittenFields(const TableDescriptor& table) {
  std::vector<RowField> fields;
  for (const TableColumn& column : table.columns) {
    if (!column.is_virtual) fields.push_back({column.name, column.type});
  }
  return fields;
}

}  // namespace

ConstraintEnforcer::ConstraintEnforcer(const SinkSpec& spec)
    : table_(spec.table.name),
      drop_null_violations_(spec.drop_null_violations) {
  using Scope = ColumnConstraints::Scope;
  const std::vector<RowField> fields = WrittenFields(spec.table);
  const bool in_rows = spec.nested_enforcer != NestedEnforcer::kIgnore;
  const bool in_collections =
      spec.nested_enforcer == NestedEnforcer::kRowsAndCollections;
  const bool check_lengths = spec.length_enforcer == LengthEnforcer::kError;

  not_null_ = ColumnConstraints::Of(fields, {.not_null = true}, {});
  const Scope outside = {.lengths = check_lengths,
                         .in_rows = in_rows,
                         .in_collections = in_collections};
  Scope inside = outside;
  inside.not_null = true;
  checked_ = ColumnConstraints::Of(fields, outside, inside);
  if (spec.length_enforcer == LengthEnforcer::kTrimPad) {
    const Scope fit = {.lengths = true, .in_rows = in_rows};
    fitted_ = ColumnConstraints::Of(fields, fit, fit);
  }
}

absl::StatusOr<Batch> ConstraintEnforcer::Enforce(const Batch& batch) const {
  ASSIGN_OR_RETURN(Batch rows, WithoutNulls(batch));
  if (!checked_.empty()) {
    ASSIGN_OR_RETURN(rows, Checked(rows));
  }
  if (!fitted_.empty()) {
    rows.columns = FitLengths(fitted_, rows.columns, rows.row_count,
                              rows.selection());
  }
  return rows;
}

absl::StatusOr<Batch> ConstraintEnforcer::WithoutNulls(
    const Batch& batch) const {
  std::vector<int> suspects;
  for (int column : not_null_.not_null) {
    if (batch.columns[column]->may_have_nulls()) suspects.push_back(column);
  }
  if (suspects.empty()) return batch;

  int violated = -1;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  batch.selection().ForEach([&](uint32_t row) {
    for (int column : suspects) {
      if (batch.columns[column]->IsNull(row)) {
        violated = column;
        return;
      }
    }
    kept->push_back(row);
  });
  if (violated < 0) return batch;
  if (!drop_null_violations_) {
    return Refuse({.column = not_null_.names[violated]});
  }
  Batch rows = batch;
  rows.selected = std::move(kept);
  return rows;
}

absl::StatusOr<Batch> ConstraintEnforcer::Checked(const Batch& batch) const {
  std::optional<ConstraintBreach> refused;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  batch.selection().ForEach([&](uint32_t row) {
    if (refused) return;
    auto breach = FindBreach(checked_, batch.columns, row);
    if (!breach) {
      kept->push_back(row);
    } else if (breach->length != nullptr || !drop_null_violations_) {
      refused = std::move(breach);
    }
  });
  if (refused) return Refuse(*refused);
  if (kept->size() == batch.selected_count()) return batch;
  Batch rows = batch;
  rows.selected = std::move(kept);
  return rows;
}

absl::Status ConstraintEnforcer::Refuse(const ConstraintBreach& breach) const {
  const std::string where = absl::StrCat("table ", table_);
  if (breach.length == nullptr) {
    return UserError(
        {.code = "SNK-0001",
         .what = absl::StrCat("Column '", breach.column,
                              "' is NOT NULL, however, a null value is being "
                              "written into it"),
         .where = where,
         .fix = "Give it a value (COALESCE), declare it nullable, or set "
                "'table.exec.sink.not-null-enforcer' = 'DROP' to drop such "
                "rows silently."});
  }
  return UserError(
      {.code = "SNK-0002",
       .what = absl::StrCat("Column '", breach.column, "' is ",
                            breach.length->TypeText(),
                            ", however, a string of length ",
                            breach.actual_length,
                            " is being written into it"),
       .where = where,
       .fix = "CAST it to the column's type, or set "
              "'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' to have "
              "it cut or filled."});
}

}  // namespace millrace
