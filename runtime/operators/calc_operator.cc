#include "runtime/operators/calc_operator.h"

#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Below a quarter of the rows, copying what is left is cheaper than carrying
// the rest through every kernel behind.
constexpr uint32_t kCompactBelow = 4;

bool IsIdentity(const CalcSpec& spec, size_t input_columns) {
  if (spec.projection.size() != input_columns) return false;
  for (size_t i = 0; i < input_columns; ++i) {
    const Expr& expr = spec.projection[i];
    if (expr.kind != Expr::Kind::kColumn ||
        expr.column != static_cast<int32_t>(i)) {
      return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Operator>> CalcOperator::Open(
    const CalcSpec& spec, const std::vector<LogicalType>& input,
    const FunctionRegistry& registry, const FunctionContext& functions,
    const OperatorContext& context) {
  std::unique_ptr<Evaluator> filter;
  std::unique_ptr<Evaluator> projection;
  if (spec.filter) {
    ASSIGN_OR_RETURN(
        filter, Evaluator::Compile({&*spec.filter, 1}, registry, functions));
  }
  if (!IsIdentity(spec, input.size())) {
    ASSIGN_OR_RETURN(projection, Evaluator::Compile(spec.projection, registry,
                                                    functions));
  }
  return std::unique_ptr<Operator>(new CalcOperator(
      context.name, std::move(filter), std::move(projection)));
}

absl::Status CalcOperator::FirstError() const {
  if (errors_.empty()) return absl::OkStatus();
  return Annotate(errors_.entries().front().status, name_);
}

absl::StatusOr<Progress> CalcOperator::Process(int, const Batch& batch,
                                               Output& output) {
  if (!output.HasRoom()) return Progress::kOutputFull;
  Batch out = batch;
  out.hashes = nullptr;
  errors_.Clear();
  if (filter_ != nullptr) {
    const auto condition =
        filter_->Evaluate(batch, batch.selection(), errors_);
    RETURN_IF_ERROR(FirstError());
    auto passed = std::make_shared<std::vector<uint32_t>>();
    passed->reserve(batch.selected_count());
    SelectTrue(*condition[0], batch.selection(), *passed);
    if (passed->empty()) return Progress::kDone;
    if (passed->size() < batch.selected_count()) {
      out.selected = std::move(passed);
    }
  }
  const bool compact =
      out.selected != nullptr &&
      out.selected->size() < out.row_count / kCompactBelow;
  if (compact && projection_ == nullptr) out = Compact(out);
  if (projection_ != nullptr) {
    out.columns = projection_->Evaluate(out, out.selection(), errors_);
    RETURN_IF_ERROR(FirstError());
    if (compact) out = Compact(out);
  }
  RETURN_IF_ERROR(output.Emit(std::move(out)));
  return Progress::kDone;
}

}  // namespace millrace
