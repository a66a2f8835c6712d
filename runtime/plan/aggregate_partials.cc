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

namespace {

// Whether a batch's sum may have more than 38 digits: its partial would be
// NULL and look like that of no rows.
bool MayOverflow(const AggregateCall& call) {
  constexpr int kSafeDigits = 34;  // 10^38 / 10^34 is more rows than a batch.
  if (call.function != "SUM" && call.function != "AVG") return false;
  const LogicalType& arg = call.arg_types[0];
  return arg.Is(TypeRoot::kDecimal) && arg.precision() > kSafeDigits;
}

}  // namespace

bool MayBeCut(const std::vector<AggregateCall>& calls) {
  for (const AggregateCall& call : calls) {
    if (call.distinct || MayOverflow(call)) return false;
  }
  return true;
}

}  // namespace millrace
