#include "runtime/worker/row_coalescer.h"

#include <numeric>

#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<Progress> RowCoalescer::Process(int, const Batch& batch,
                                               Output& output) {
  const Selection rows = batch.selection();
  const bool is_large = rows.size() >= kLargeRows;
  if (is_large || collected_.row_count() >= kFullRows) {
    ASSIGN_OR_RETURN(const Progress flushed, Flush(output));
    if (flushed != Progress::kDone) return flushed;
  }
  if (is_large) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    RETURN_IF_ERROR(output.Emit(batch));
    return Progress::kDone;
  }
  Collect(batch, rows);
  if (collected_.row_count() >= kFullRows && output.HasRoom()) {
    return Flush(output);
  }
  if (collected_.row_count() > 0) flush_timer_.SetAfter(kMaxAge);
  return Progress::kDone;
}

// Fits: fewer than kFullRows are there and fewer than kLargeRows come.
void RowCoalescer::Collect(const Batch& batch, Selection rows) {
  if (!rows.is_dense()) {
    collected_.Append(batch, rows.rows(), rows.size());
    return;
  }
  uint32_t row_numbers[kLargeRows];
  std::iota(row_numbers, row_numbers + rows.size(), 0);
  collected_.Append(batch, row_numbers, rows.size());
}

absl::StatusOr<Progress> RowCoalescer::Flush(Output& output) {
  if (collected_.row_count() == 0) return Progress::kDone;
  if (!output.HasRoom()) return Progress::kOutputFull;
  flush_timer_.Clear();
  RETURN_IF_ERROR(output.Emit(collected_.Take()));
  return Progress::kDone;
}

}  // namespace millrace
