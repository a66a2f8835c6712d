#include "runtime/operators/source_projection.h"

#include <utility>
#include <vector>

#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<SourceProjection::Rows> SourceProjection::Apply(Batch decoded) {
  Rows rows;
  if (parts_.columns == nullptr) {
    rows.batch = std::move(decoded);
  } else {
    ASSIGN_OR_RETURN(rows.batch.columns, parts_.columns->Evaluate(decoded));
    rows.batch.row_count = decoded.row_count;
    rows.batch.selected = std::move(decoded.selected);
    rows.batch.kinds = std::move(decoded.kinds);
  }
  if (parts_.conditions == nullptr) return rows;
  ASSIGN_OR_RETURN(const std::vector<VectorRef> conditions,
                   parts_.conditions->Evaluate(rows.batch));
  if (parts_.has_watermark) rows.watermarks = conditions.front();
  if (parts_.has_filter) rows.filter = conditions.back();
  return rows;
}

}  // namespace millrace
