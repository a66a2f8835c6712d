#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/function_registry.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// The operator of a vertex that is neither a source nor a sink. `inputs` are
// the row types of its inputs, by input number; most look at the first alone,
// and all inputs of a Calc have the same.
//
// Errors: kInvalidArgument for a function that the registry lacks or refuses,
// kUnimplemented for an aggregate that does not exist, kInternal for a plan
// that makes no sense, all with the vertex's name.
absl::StatusOr<std::unique_ptr<Operator>> MakeOperator(
    const Vertex& vertex, const std::vector<std::vector<RowField>>& inputs,
    const FunctionRegistry& registry, const FunctionContext& functions,
    const OperatorContext& context);

}  // namespace millrace
