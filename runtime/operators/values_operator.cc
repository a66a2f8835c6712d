#include "runtime/operators/values_operator.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

constexpr absl::string_view kEmitted = "emitted";

}  // namespace

ValuesOperator::ValuesOperator(const ValuesSpec& spec,
                               std::vector<LogicalType> types,
                               const OperatorContext& context)
    : types_(std::move(types)) {
  if (context.subtask == 0) rows_ = spec.rows;
}

absl::StatusOr<Progress> ValuesOperator::Process(int, const Batch&, Output&) {
  return absl::InternalError("VALUES has no input");
}

absl::StatusOr<Progress> ValuesOperator::EndInput(Output& output) {
  while (emitted_ < rows_.size()) {
    if (!output.HasRoom()) return Progress::kOutputFull;
    const size_t count =
        std::min<size_t>(rows_.size() - emitted_, kMaxBatchRows);
    RETURN_IF_ERROR(output.Emit(
        BatchOf(types_, std::span(rows_).subspan(emitted_, count))));
    emitted_ += count;
  }
  return Progress::kDone;
}

absl::Status ValuesOperator::Snapshot(SnapshotWriter& writer) {
  if (rows_.empty()) return absl::OkStatus();
  return writer.OperatorState(kEmitted, SnapshotWriter::Redistribution::kUnion,
                              {absl::StrCat(emitted_)});
}

absl::Status ValuesOperator::Restore(SnapshotReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<std::string> items,
                   reader.OperatorState(kEmitted));
  for (const std::string& item : items) {
    if (!absl::SimpleAtoi(item, &emitted_) || emitted_ > rows_.size()) {
      return absl::DataLossError("VALUES: a snapshot of other rows");
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
