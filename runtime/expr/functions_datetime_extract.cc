// EXTRACT, its short forms YEAR ... SECOND, and rounding to a unit.

#include "absl/strings/str_cat.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

// Of an interval its own fields: hours within the day, months within the year.
int64_t ExtractFromInterval(DateTimeUnit unit, int64_t value, bool months) {
  if (months) {
    if (unit == DateTimeUnit::kYear) return value / 12;
    if (unit == DateTimeUnit::kQuarter) return value % 12 / 3 + 1;
    return value % 12;
  }
  switch (unit) {
    case DateTimeUnit::kDay: return value / kMillisPerDay;
    case DateTimeUnit::kHour: return value % kMillisPerDay / kMillisPerHour;
    case DateTimeUnit::kMinute:
      return value % kMillisPerHour / kMillisPerMinute;
    case DateTimeUnit::kSecond:
      return value % kMillisPerMinute / kMillisPerSecond;
    case DateTimeUnit::kEpoch: return value / kMillisPerSecond;
    default: return value % kMillisPerSecond;
  }
}

bool IntervalHas(const LogicalType& type, DateTimeUnit unit) {
  if (type.Is(TypeRoot::kIntervalYearMonth)) {
    return unit == DateTimeUnit::kYear || unit == DateTimeUnit::kQuarter ||
           unit == DateTimeUnit::kMonth;
  }
  return unit == DateTimeUnit::kDay || unit == DateTimeUnit::kHour ||
         unit == DateTimeUnit::kMinute || unit == DateTimeUnit::kSecond ||
         unit == DateTimeUnit::kMillisecond || unit == DateTimeUnit::kEpoch;
}

// Fields of the clock are a remainder and a quotient of the milliseconds, by
// constants, which cost a multiplication each.
template <int64_t of, int64_t by, typename Millis>
void ExtractClockField(const KernelCall& call, Millis&& millis) {
  int64_t* const out = call.out->data<int64_t>();
  call.rows.ForEach(
      [&](uint32_t row) { out[row] = FloorMod(millis(row), of) / by; });
}

// False: not a field of the clock.
template <typename Millis>
bool ExtractFromClock(const KernelCall& call, DateTimeUnit unit,
                      Millis&& millis) {
  switch (unit) {
    case DateTimeUnit::kHour:
      ExtractClockField<kMillisPerDay, kMillisPerHour>(call, millis);
      return true;
    case DateTimeUnit::kMinute:
      ExtractClockField<kMillisPerHour, kMillisPerMinute>(call, millis);
      return true;
    case DateTimeUnit::kSecond:
      ExtractClockField<kMillisPerMinute, kMillisPerSecond>(call, millis);
      return true;
    default: return false;
  }
}

std::unique_ptr<Kernel> MakeExtract(DateTimeUnit unit, const LogicalType& type,
                                    int argument,
                                    const FunctionContext& context) {
  if (type.IsInterval()) {
    const bool months = type.Is(TypeRoot::kIntervalYearMonth);
    return MakeKernel([unit, months, argument](const KernelCall& call) {
      const Vector& from = *call.args[argument];
      int64_t* const out = call.out->data<int64_t>();
      call.rows.ForEach([&](uint32_t row) {
        const int64_t value =
            months ? Column<int32_t>(from)[row] : Column<int64_t>(from)[row];
        out[row] = ExtractFromInterval(unit, value, months);
      });
    });
  }
  return MakeKernel([unit, type, argument,
                     clock = LocalClock(LocalZone(context))](
                        const KernelCall& call) mutable {
    const TimeColumn from(*call.args[argument], type, &clock);
    int64_t* const out = call.out->data<int64_t>();
    if (const int64_t* const plain = from.plain_millis()) {
      if (ExtractFromClock(call, unit,
                           [plain](uint32_t row) { return plain[row]; })) {
        return;
      }
    } else if (ExtractFromClock(call, unit, [&](uint32_t row) {
                 return from.Millis(row);
               })) {
      return;
    }
    if (type.Is(TypeRoot::kDate)) {
      const Column<int32_t> days(*call.args[argument]);
      call.rows.ForEach(
          [&](uint32_t row) { out[row] = ExtractFromDate(unit, days[row]); });
    } else if (type.Is(TypeRoot::kTime)) {
      const Column<int32_t> millis(*call.args[argument]);
      call.rows.ForEach([&](uint32_t row) {
        out[row] = ExtractFromTime(unit, millis[row]);
      });
    } else {
      call.rows.ForEach([&](uint32_t row) {
        out[row] = ExtractFromTimestamp(unit, from[row]);
      });
    }
  });
}

absl::StatusOr<ResolvedCall> ResolveExtract(
    std::span<const ArgumentInfo> args) {
  constexpr absl::string_view kUsage = "EXTRACT(unit FROM temporal)";
  if (args.size() != 2) return SignatureMismatch("EXTRACT", kUsage, args);
  const auto unit = LiteralUnit(args[0]);
  const LogicalType& type = args[1].type;
  const bool fits = type.IsTemporal() || type.Is(TypeRoot::kNull) ||
                    (type.IsInterval() && unit && IntervalHas(type, *unit));
  if (!unit || !fits) return SignatureMismatch("EXTRACT", kUsage, args);
  const LogicalType from =
      type.Is(TypeRoot::kNull) ? LogicalType::Timestamp(3) : type;
  return ResolvedCall{
      {args[0].type, from},
      LogicalType::BigInt().WithNullable(type.nullable())};
}

// YEAR(x), HOUR(x)...
Function FieldEntry(absl::string_view name, DateTimeUnit unit) {
  const std::string usage = absl::StrCat(name, "(temporal)");
  return ResolvedEntry(
      name, usage,
      [name = std::string(name),
       usage](std::span<const ArgumentInfo> args)
          -> absl::StatusOr<ResolvedCall> {
        if (args.size() != 1 || !(args[0].type.IsTemporal() ||
                                  args[0].type.Is(TypeRoot::kNull))) {
          return SignatureMismatch(name, usage, args);
        }
        const LogicalType from = args[0].type.Is(TypeRoot::kNull)
                                     ? LogicalType::Timestamp(3)
                                     : args[0].type;
        return ResolvedCall{
            {from}, LogicalType::BigInt().WithNullable(from.nullable())};
      },
      [unit](const KernelSource& source)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeExtract(unit, source.args[0].type, 0, source.context);
      });
}

}  // namespace

void RegisterDatetimeExtractFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry(
      "EXTRACT", "EXTRACT(unit FROM temporal)", ResolveExtract,
      [](const KernelSource& source)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeExtract(*LiteralUnit(source.args[0]), source.args[1].type,
                           1, source.context);
      }));
  registry.Add(FieldEntry("YEAR", DateTimeUnit::kYear));
  registry.Add(FieldEntry("QUARTER", DateTimeUnit::kQuarter));
  registry.Add(FieldEntry("MONTH", DateTimeUnit::kMonth));
  registry.Add(FieldEntry("WEEK", DateTimeUnit::kWeek));
  registry.Add(FieldEntry("DAYOFYEAR", DateTimeUnit::kDayOfYear));
  registry.Add(FieldEntry("DAYOFMONTH", DateTimeUnit::kDay));
  registry.Add(FieldEntry("DAYOFWEEK", DateTimeUnit::kDayOfWeek));
  registry.Add(FieldEntry("HOUR", DateTimeUnit::kHour));
  registry.Add(FieldEntry("MINUTE", DateTimeUnit::kMinute));
  registry.Add(FieldEntry("SECOND", DateTimeUnit::kSecond));
}

absl::StatusOr<ResolvedCall> ResolveTimeRounding(
    absl::string_view name, std::span<const ArgumentInfo> args) {
  const std::string usage = absl::StrCat(name, "(temporal TO unit)");
  if (args.size() != 2 || !LiteralUnit(args[1]) ||
      !(args[0].type.IsTemporal() || args[0].type.Is(TypeRoot::kNull))) {
    return SignatureMismatch(name, usage, args);
  }
  const LogicalType from = args[0].type.Is(TypeRoot::kNull)
                               ? LogicalType::Timestamp(3)
                               : args[0].type;
  return ResolvedCall{{from, args[1].type}, from};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeTimeRounding(
    const KernelSource& source, RoundDirection direction) {
  const bool up = direction == RoundDirection::kCeil;
  const DateTimeUnit unit = *LiteralUnit(source.args[1]);
  const LogicalType& type = source.args[0].type;
  if (type.Is(TypeRoot::kDate)) {
    return MakeKernel([unit, up](const KernelCall& call) {
      UnaryLoop<int32_t, int32_t>(call, [&](int32_t days) {
        return up ? CeilDate(unit, days) : FloorDate(unit, days);
      });
    });
  }
  // Digits below the millisecond are dropped first, in both directions; only
  // CEIL to the millisecond itself sees them.
  const bool sees_nanos = up && unit == DateTimeUnit::kMillisecond;
  return MakeKernel([unit, up, sees_nanos, type,
                     clock = LocalClock(LocalZone(source.context))](
                        const KernelCall& call) mutable {
    const TimeColumn from(*call.args[0], type, &clock);
    const bool local = type.Is(TypeRoot::kTimestampLtz);
    call.rows.ForEach([&](uint32_t row) {
      const TimeNanos time = from[row];
      const int64_t millis = time.millis + (sees_nanos && time.nanos > 0);
      int64_t rounded =
          up ? CeilMillis(unit, millis) : FloorMillis(unit, millis);
      if (local) rounded = clock.ToUtc(rounded);
      StoreTime(*call.out, type, row, {.millis = rounded});
    });
  });
}

}  // namespace millrace
