#include "runtime/expr/functions_datetime.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "runtime/expr/function_families.h"

namespace millrace {

void RegisterDatetimeFunctions(FunctionRegistry& registry) {
  RegisterDatetimeNowFunctions(registry);
  RegisterDatetimeExtractFunctions(registry);
  RegisterDatetimeFormatFunctions(registry);
  RegisterDatetimeParseFunctions(registry);
  RegisterDatetimeShiftFunctions(registry);
}

std::optional<DateTimeUnit> FindUnit(absl::string_view name) {
  struct Named {
    absl::string_view name;
    DateTimeUnit unit;
  };
  constexpr Named kUnits[] = {
      {"YEAR", DateTimeUnit::kYear},
      {"QUARTER", DateTimeUnit::kQuarter},
      {"MONTH", DateTimeUnit::kMonth},
      {"WEEK", DateTimeUnit::kWeek},
      {"DAY", DateTimeUnit::kDay},
      {"HOUR", DateTimeUnit::kHour},
      {"MINUTE", DateTimeUnit::kMinute},
      {"SECOND", DateTimeUnit::kSecond},
      {"MILLISECOND", DateTimeUnit::kMillisecond},
      {"MICROSECOND", DateTimeUnit::kMicrosecond},
      {"FRAC_SECOND", DateTimeUnit::kMicrosecond},
      {"NANOSECOND", DateTimeUnit::kNanosecond},
      {"ISOYEAR", DateTimeUnit::kIsoYear},
      {"DOW", DateTimeUnit::kDayOfWeek},
      {"ISODOW", DateTimeUnit::kIsoDayOfWeek},
      {"DOY", DateTimeUnit::kDayOfYear},
      {"EPOCH", DateTimeUnit::kEpoch},
      {"DECADE", DateTimeUnit::kDecade},
      {"CENTURY", DateTimeUnit::kCentury},
      {"MILLENNIUM", DateTimeUnit::kMillennium}};
  const std::string upper = absl::AsciiStrToUpper(name);
  const absl::string_view plain = absl::StripPrefix(upper, "SQL_TSI_");
  for (const Named& known : kUnits) {
    if (plain == known.name) return known.unit;
  }
  return std::nullopt;
}

std::optional<DateTimeUnit> LiteralUnit(const ArgumentInfo& arg) {
  const std::string* const name = LiteralText(arg);
  if (name == nullptr) return std::nullopt;
  return FindUnit(*name);
}

TimeZone LocalZone(const FunctionContext& context) {
  std::string name = context.local_time_zone.name();
  // Abseil's name of a constant offset, "Fixed/UTC+08:00:00".
  if (absl::string_view fixed = name; absl::ConsumePrefix(&fixed, "Fixed/")) {
    name = std::string(absl::StripSuffix(fixed, ":00"));
  }
  return TimeZone::Find(name).value_or(TimeZone());
}

TimeColumn::TimeColumn(const Vector& vector, const LogicalType& type,
                       LocalClock* clock)
    : vector_(vector),
      clock_(type.Is(TypeRoot::kTimestampLtz) ? clock : nullptr) {
  if (type.Is(TypeRoot::kDate)) {
    form_ = Form::kDate;
  } else if (type.Is(TypeRoot::kTime)) {
    form_ = Form::kTime;
  } else if (type.precision() <= 3) {
    form_ = Form::kMillis;
  } else {
    form_ = type.precision() <= 6 ? Form::kMicros : Form::kNanos;
  }
}

TimeNanos TimeColumn::operator[](uint32_t row) const {
  row &= vector_.index_mask();
  TimeNanos value;
  switch (form_) {
    case Form::kDate:
      value.millis = vector_.data<int32_t>()[row] * kMillisPerDay;
      break;
    case Form::kTime: value.millis = vector_.data<int32_t>()[row]; break;
    case Form::kMillis: value.millis = vector_.data<int64_t>()[row]; break;
    case Form::kMicros:
      value = NanosFromMicros(vector_.data<int64_t>()[row]);
      break;
    case Form::kNanos: value = vector_.data<TimeNanos>()[row]; break;
  }
  if (clock_ != nullptr) value.millis = clock_->ToLocal(value.millis);
  return value;
}

int64_t TimeColumn::Millis(uint32_t row) const {
  if (form_ == Form::kMillis && clock_ == nullptr) {
    return vector_.data<int64_t>()[row & vector_.index_mask()];
  }
  return (*this)[row].millis;
}

void StoreTime(Vector& out, const LogicalType& type, uint32_t row,
               TimeNanos value) {
  switch (type.root()) {
    case TypeRoot::kDate:
      out.data<int32_t>()[row] =
          static_cast<int32_t>(FloorDiv(value.millis, kMillisPerDay));
      return;
    case TypeRoot::kTime:
      out.data<int32_t>()[row] =
          static_cast<int32_t>(FloorMod(value.millis, kMillisPerDay));
      return;
    default: break;
  }
  if (type.precision() <= 3) {
    out.data<int64_t>()[row] = TruncateMillis(value.millis, type.precision());
  } else if (type.precision() <= 6) {
    out.data<int64_t>()[row] =
        TruncateMicros(MicrosFromNanos(value), type.precision());
  } else {
    out.data<TimeNanos>()[row] = TruncateNanos(value, type.precision());
  }
}

}  // namespace millrace
