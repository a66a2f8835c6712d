#include "runtime/operators/operator_factory.h"

#include <utility>
#include <variant>

#include "runtime/base/error.h"
#include "runtime/operators/calc_operator.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/local_aggregate_operator.h"
#include "runtime/operators/window_aggregate_operator.h"
#include "runtime/operators/window_assign_operator.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Operator>>;

std::vector<LogicalType> TypesOf(const std::vector<RowField>& fields) {
  std::vector<LogicalType> types;
  for (const RowField& field : fields) types.push_back(field.type);
  return types;
}

// One call a kind of vertex.
struct Maker {
  const Vertex& vertex;
  std::vector<RowField> fields;
  std::vector<LogicalType> input;
  const FunctionRegistry& registry;
  const FunctionContext& functions;
  const OperatorContext& context;

  Made operator()(const CalcSpec& spec) const {
    return CalcOperator::Open(spec, {fields, vertex.output}, registry,
                              functions, context);
  }
  Made operator()(const WindowAssignSpec& spec) const {
    return WindowAssignOperator::Open(spec, input, context);
  }
  Made operator()(const WindowAggregateSpec& spec) const {
    return spec.phase == AggregatePhase::kLocal
               ? LocalAggregateOperator::Open(spec, input, context)
               : WindowAggregateOperator::Open(spec, input, context);
  }
  Made operator()(const GroupAggregateSpec& spec) const {
    return spec.phase == AggregatePhase::kLocal
               ? LocalAggregateOperator::Open(spec, input, context)
               : GroupAggregateOperator::Open(spec, input, context);
  }
  Made operator()(const SourceSpec&) const { return NotHere(); }
  Made operator()(const ValuesSpec&) const { return NotHere(); }
  Made operator()(const SinkSpec&) const { return NotHere(); }

  static Made NotHere() {
    return absl::InternalError(
        "literal rows are a chain's input, sources and sinks are made with a "
        "connector");
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Operator>> MakeOperator(
    const Vertex& vertex, const std::vector<std::vector<RowField>>& inputs,
    const FunctionRegistry& registry, const FunctionContext& functions,
    const OperatorContext& context) {
  const std::vector<RowField> fields =
      inputs.empty() ? std::vector<RowField>() : inputs[0];
  const Maker maker = {
      .vertex = vertex,
      .fields = fields,
      .input = TypesOf(fields),
      .registry = registry,
      .functions = functions,
      .context = context};
  Made made = std::visit(maker, vertex.spec);
  if (!made.ok()) return Annotate(made.status(), vertex.name);
  return made;
}

}  // namespace millrace
