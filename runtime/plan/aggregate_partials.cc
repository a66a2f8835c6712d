#include "runtime/plan/aggregate_partials.h"

namespace millrace {

std::vector<LogicalType> PartialTypes(const AggregateCall& call) {
  const LogicalType count = LogicalType::BigInt().NotNull();
  if (call.function == "COUNT") return {count};
  if (call.function != "AVG") return {call.result.AsNullable()};
  const LogicalType& arg = call.arg_types[0];
  if (arg.Is(TypeRoot::kDecimal)) {
    return {LogicalType::Decimal(38, arg.scale()), count};
  }
  return {arg.IsApproximate() ? LogicalType::Double() : LogicalType::BigInt(),
          count};
}

bool MayBeCut(const std::vector<AggregateCall>& calls) {
  for (const AggregateCall& call : calls) {
    if (call.distinct) return false;
  }
  return true;
}

}  // namespace millrace
