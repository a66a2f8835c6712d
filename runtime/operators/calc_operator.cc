#include "runtime/operators/calc_operator.h"

#include <utility>

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
    const CalcSpec& spec, const Rows& rows, const FunctionRegistry& registry,
    const FunctionContext& functions, const OperatorContext& context) {
  std::unique_ptr<GuardedEvaluator> filter;
  std::unique_ptr<GuardedEvaluator> projection;
  GuardedEvaluator::Options options = {.op = context.name,
                                       .columns = rows.input,
                                       .labels = {"the filter "},
                                       .failures = context.row_failures};
  if (spec.filter) {
    ASSIGN_OR_RETURN(filter,
                     GuardedEvaluator::Compile({&*spec.filter, 1}, options,
                                               registry, functions));
  }
  if (!IsIdentity(spec, rows.input.size())) {
    options.labels = LabelsOf(rows.output);
    options.counts_rows = filter == nullptr;
    ASSIGN_OR_RETURN(projection,
                     GuardedEvaluator::Compile(spec.projection,
                                               std::move(options), registry,
                                               functions));
  }
  return std::unique_ptr<Operator>(
      new CalcOperator(std::move(filter), std::move(projection)));
}

absl::StatusOr<Progress> CalcOperator::Process(int, const Batch& batch,
                                               Output& output) {
  if (!output.HasRoom()) return Progress::kOutputFull;
  Batch out = batch;
  out.hashes = nullptr;
  if (filter_ != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<VectorRef> condition,
                     filter_->Evaluate(out));
    auto passed = std::make_shared<std::vector<uint32_t>>();
    passed->reserve(out.selected_count());
    SelectTrue(*condition[0], out.selection(), *passed);
    if (passed->empty()) return Progress::kDone;
    if (passed->size() < out.selected_count()) {
      out.selected = std::move(passed);
    }
  }
  const bool compact =
      out.selected != nullptr &&
      out.selected->size() < out.row_count / kCompactBelow;
  if (compact && projection_ == nullptr) out = Compact(out);
  if (projection_ != nullptr) {
    ASSIGN_OR_RETURN(out.columns, projection_->Evaluate(out));
    if (out.selected_count() == 0) return Progress::kDone;
    if (compact) out = Compact(out);
  }
  RETURN_IF_ERROR(output.Emit(std::move(out)));
  return Progress::kDone;
}

}  // namespace millrace
