#include "runtime/operators/source_projection.h"

#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<SourceProjection::Rows> SourceProjection::Apply(Batch decoded) {
  Rows rows;
  if (parts_.columns == nullptr) {
    rows.batch = std::move(decoded);
  } else {
    ASSIGN_OR_RETURN(rows.batch.columns, Evaluate(*parts_.columns, decoded));
    rows.batch.row_count = decoded.row_count;
    rows.batch.selected = std::move(decoded.selected);
    rows.batch.kinds = std::move(decoded.kinds);
  }
  if (parts_.conditions == nullptr) return rows;
  ASSIGN_OR_RETURN(const std::vector<VectorRef> conditions,
                   Evaluate(*parts_.conditions, rows.batch));
  if (parts_.has_watermark) rows.watermarks = conditions.front();
  if (parts_.has_filter) rows.filter = conditions.back();
  return rows;
}

absl::StatusOr<std::vector<VectorRef>> SourceProjection::Evaluate(
    Evaluator& evaluator, const Batch& batch) const {
  RowErrors errors;
  std::vector<VectorRef> results =
      evaluator.Evaluate(batch, batch.selection(), errors);
  if (!errors.empty()) {
    return Annotate(errors.entries()[0].status, parts_.name);
  }
  return results;
}

}  // namespace millrace
