// TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS.

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

constexpr absl::string_view kAddUsage =
    "TIMESTAMPADD(unit, integer, temporal)";
constexpr absl::string_view kDiffUsage =
    "TIMESTAMPDIFF(unit, temporal1, temporal2)";
constexpr absl::string_view kOverlapsUsage =
    "(temporal1, end1) OVERLAPS (temporal2, end2)";

bool IsShorterThanDay(DateTimeUnit unit) {
  return unit >= DateTimeUnit::kHour && unit <= DateTimeUnit::kNanosecond;
}

int FractionDigits(DateTimeUnit unit) {
  switch (unit) {
    case DateTimeUnit::kMillisecond: return 3;
    case DateTimeUnit::kMicrosecond: return 6;
    case DateTimeUnit::kNanosecond: return 9;
    default: return 0;
  }
}

// A DATE and a part of a day make a TIMESTAMP.
LogicalType TypeOfSum(const LogicalType& type, DateTimeUnit unit) {
  const int precision =
      type.IsTimestamp() ? std::max(type.precision(), FractionDigits(unit))
                         : std::max(6, FractionDigits(unit));
  LogicalType sum = type;
  if (type.Is(TypeRoot::kTimestampLtz)) {
    sum = LogicalType::TimestampLtz(precision);
  } else if (type.Is(TypeRoot::kTimestamp) ||
             (type.Is(TypeRoot::kDate) && IsShorterThanDay(unit))) {
    sum = LogicalType::Timestamp(precision);
  }
  return sum;
}

absl::StatusOr<ResolvedCall> ResolveAdd(std::span<const ArgumentInfo> args) {
  if (args.size() != 3) {
    return SignatureMismatch("TIMESTAMPADD", kAddUsage, args);
  }
  const auto unit = LiteralUnit(args[0]);
  const bool count = args[1].type.IsIntegral() ||
                     args[1].type.Is(TypeRoot::kNull);
  if (!unit || !count ||
      !(args[2].type.IsTemporal() || args[2].type.Is(TypeRoot::kNull))) {
    return SignatureMismatch("TIMESTAMPADD", kAddUsage, args);
  }
  const LogicalType from = args[2].type.Is(TypeRoot::kNull)
                               ? LogicalType::Timestamp(3)
                               : args[2].type;
  return ResolvedCall{
      {args[0].type,
       LogicalType::BigInt().WithNullable(args[1].type.nullable()), from},
      TypeOfSum(from, *unit).WithNullable(AnyNullable(args))};
}

TimeNanos Shift(TimeNanos value, DateTimeUnit unit, int64_t count) {
  constexpr int64_t kNanosPerMilli = 1'000'000;
  if (IsCountedInMonths(unit)) {
    value.millis = AddMonths(value.millis, count * UnitLength(unit));
  } else if (const int64_t length = UnitLength(unit); length > 0) {
    value.millis += count * length;
  } else {
    const int64_t nanos =
        unit == DateTimeUnit::kMicrosecond ? count * 1000 : count;
    const int64_t total = value.nanos + FloorMod(nanos, kNanosPerMilli);
    value.millis += FloorDiv(nanos, kNanosPerMilli) + total / kNanosPerMilli;
    value.nanos = static_cast<int32_t>(total % kNanosPerMilli);
  }
  return value;
}

absl::StatusOr<std::unique_ptr<Kernel>> AddFactory(
    const KernelSource& source) {
  return MakeKernel([unit = *LiteralUnit(source.args[0]),
                     from_type = source.args[2].type,
                     type = source.result](const KernelCall& call) {
    const Column<int64_t> count(*call.args[1]);
    const TimeColumn from(*call.args[2], from_type, nullptr);
    const bool keeps =
        from_type.Is(TypeRoot::kTime) && IsCountedInMonths(unit);
    call.rows.ForEach([&](uint32_t row) {
      StoreTime(*call.out, type, row,
                keeps ? from[row] : Shift(from[row], unit, count[row]));
    });
  });
}

absl::StatusOr<ResolvedCall> ResolveDiff(std::span<const ArgumentInfo> args) {
  if (args.size() != 3 || !LiteralUnit(args[0])) {
    return SignatureMismatch("TIMESTAMPDIFF", kDiffUsage, args);
  }
  ResolvedCall call;
  call.args.push_back(args[0].type);
  for (const ArgumentInfo& arg : args.subspan(1)) {
    const bool null = arg.type.Is(TypeRoot::kNull);
    if (!arg.type.IsTemporal() && !null) {
      return SignatureMismatch("TIMESTAMPDIFF", kDiffUsage, args);
    }
    call.args.push_back(null ? LogicalType::Timestamp(3) : arg.type);
  }
  const bool zoned = call.args[1].Is(TypeRoot::kTimestampLtz);
  if (zoned != call.args[2].Is(TypeRoot::kTimestampLtz) &&
      !args[1].type.Is(TypeRoot::kNull) &&
      !args[2].type.Is(TypeRoot::kNull)) {
    return UserError(
        {.code = "SQL-0107",
         .what = "TIMESTAMP_LTZ only supports diff between the same type",
         .fix = "CAST the other argument to TIMESTAMP_LTZ"});
  }
  call.result = LogicalType::Integer().WithNullable(AnyNullable(args));
  return call;
}

absl::StatusOr<std::unique_ptr<Kernel>> DiffFactory(
    const KernelSource& source) {
  return MakeKernel([unit = *LiteralUnit(source.args[0]),
                     from_type = source.args[1].type,
                     to_type = source.args[2].type](const KernelCall& call) {
    const TimeColumn from(*call.args[1], from_type, nullptr);
    const TimeColumn to(*call.args[2], to_type, nullptr);
    int32_t* const out = call.out->data<int32_t>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = static_cast<int32_t>(
          TimestampDiff(unit, from.Millis(row), to.Millis(row)));
    });
  });
}

absl::StatusOr<ResolvedCall> ResolveOverlaps(
    std::span<const ArgumentInfo> args) {
  ResolvedCall call;
  bool fits = args.size() == 4;
  for (size_t i = 0; fits && i < args.size(); ++i) {
    const LogicalType& type = args[i].type;
    const bool is_end = i % 2 == 1;
    fits = type.IsTemporal() || (is_end && type.IsInterval());
    call.args.push_back(type);
  }
  if (!fits) return SignatureMismatch("OVERLAPS", kOverlapsUsage, args);
  call.result = LogicalType::Boolean().WithNullable(AnyNullable(args));
  return call;
}

struct Period {
  TimeNanos from;
  TimeNanos to;
};

// Arguments `first` and `first + 1`: a start and an end or a length. The
// earlier comes first.
Period PeriodAt(const KernelCall& call, const std::vector<LogicalType>& types,
                int first, uint32_t row) {
  const LogicalType& type = types[first];
  const LogicalType& end_type = types[first + 1];
  const Vector& end = *call.args[first + 1];
  Period period;
  period.from = TimeColumn(*call.args[first], type, nullptr)[row];
  if (end_type.Is(TypeRoot::kIntervalYearMonth)) {
    period.to = Shift(period.from, DateTimeUnit::kMonth,
                      Column<int32_t>(end)[row]);
  } else if (end_type.Is(TypeRoot::kIntervalDayTime)) {
    period.to = AddMillis(period.from, Column<int64_t>(end)[row]);
    if (type.Is(TypeRoot::kTime)) {
      period.to.millis = FloorMod(period.to.millis, kMillisPerDay);
    }
  } else {
    period.to = TimeColumn(end, end_type, nullptr)[row];
  }
  if (period.to < period.from) std::swap(period.from, period.to);
  return period;
}

// Periods that only touch overlap.
absl::StatusOr<std::unique_ptr<Kernel>> OverlapsFactory(
    const KernelSource& source) {
  std::vector<LogicalType> types;
  for (const ArgumentInfo& arg : source.args) types.push_back(arg.type);
  return MakeKernel([types = std::move(types)](const KernelCall& call) {
    uint8_t* const out = call.out->data<uint8_t>();
    call.rows.ForEach([&](uint32_t row) {
      const Period a = PeriodAt(call, types, 0, row);
      const Period b = PeriodAt(call, types, 2, row);
      out[row] = a.to >= b.from && b.to >= a.from;
    });
  });
}

}  // namespace

void RegisterDatetimeShiftFunctions(FunctionRegistry& registry) {
  registry.Add(
      ResolvedEntry("TIMESTAMPADD", kAddUsage, ResolveAdd, AddFactory));
  registry.Add(
      ResolvedEntry("TIMESTAMPDIFF", kDiffUsage, ResolveDiff, DiffFactory));
  registry.Add(ResolvedEntry("OVERLAPS", kOverlapsUsage, ResolveOverlaps,
                             OverlapsFactory));
}

}  // namespace millrace
