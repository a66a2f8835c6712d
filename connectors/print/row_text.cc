#include "connectors/print/row_text.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/datetime.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

void AppendValue(const Value& value, const LogicalType& type,
                 std::string& out);

// BigDecimal.toString: an exponent where the first digit lies more than six
// places behind the point.
void AppendDecimal(Decimal value, std::string& out) {
  const int digits = CountDigits(value.unscaled);
  const int exponent = digits - 1 - value.scale;
  char text[kMaxDecimalTextLength];
  if (exponent >= -6) {
    out.append(text, WriteDecimal(value, text));
    return;
  }
  std::string mantissa(text, WriteDecimal({value.unscaled, 0}, text));
  if (digits > 1) mantissa.insert(mantissa[0] == '-' ? 2 : 1, ".");
  absl::StrAppend(&out, mantissa, "E", exponent);
}

// The fraction in groups of three digits; seconds left out where all is zero
// and `seconds` does not ask for them.
void AppendClock(int64_t millis_of_day, int32_t nanos_of_milli, bool seconds,
                 std::string& out) {
  const int64_t second = millis_of_day / 1000;
  const int64_t nanos = millis_of_day % 1000 * 1'000'000 + nanos_of_milli;
  absl::StrAppendFormat(&out, "%02d:%02d", second / 3600, second / 60 % 60);
  if (!seconds && second % 60 == 0 && nanos == 0) return;
  absl::StrAppendFormat(&out, ":%02d", second % 60);
  if (nanos == 0) return;
  if (nanos % 1'000'000 == 0) {
    absl::StrAppendFormat(&out, ".%03d", nanos / 1'000'000);
  } else if (nanos % 1000 == 0) {
    absl::StrAppendFormat(&out, ".%06d", nanos / 1000);
  } else {
    absl::StrAppendFormat(&out, ".%09d", nanos);
  }
}

void AppendDate(int32_t days, std::string& out) {
  const CivilDate date = CivilFromDays(days);
  absl::StrAppendFormat(&out, "%04d-%02d-%02d", date.year, date.month,
                        date.day);
}

void AppendTimestamp(const Value& value, const LogicalType& type,
                     std::string& out) {
  const bool is_instant = type.Is(TypeRoot::kTimestampLtz);
  TimeNanos time;
  if (type.precision() > 6) {
    time = std::get<TimeNanos>(value.data);
  } else {
    const int64_t number = std::get<int64_t>(value.data);
    time = type.precision() > 3 ? NanosFromMicros(number)
                                : NanosFromMillis(number);
  }
  const DayAndTime parts = SplitMillis(time.millis);
  AppendDate(parts.days, out);
  out.push_back('T');
  AppendClock(parts.millis, time.nanos, is_instant, out);
  if (is_instant) out.push_back('Z');
}

// java.time.Period: years and months, "P1Y2M".
void AppendMonths(int64_t months, std::string& out) {
  if (months == 0) {
    out.append("P0D");
    return;
  }
  out.push_back('P');
  if (months / 12 != 0) absl::StrAppend(&out, months / 12, "Y");
  if (months % 12 != 0) absl::StrAppend(&out, months % 12, "M");
}

// java.time.Duration: hours, minutes and seconds, "PT26H3M4.5S".
void AppendDuration(int64_t millis, std::string& out) {
  if (millis == 0) {
    out.append("PT0S");
    return;
  }
  const int64_t hours = millis / kMillisPerHour;
  const int64_t minutes = millis % kMillisPerHour / kMillisPerMinute;
  const int64_t rest = millis % kMillisPerMinute;
  out.append("PT");
  if (hours != 0) absl::StrAppend(&out, hours, "H");
  if (minutes != 0) absl::StrAppend(&out, minutes, "M");
  if (rest == 0) return;
  if (rest < 0 && rest > -1000) out.push_back('-');
  absl::StrAppend(&out, rest / 1000);
  if (const int64_t fraction = std::abs(rest % 1000); fraction != 0) {
    std::string digits = absl::StrFormat("%03d", fraction);
    while (digits.back() == '0') digits.pop_back();
    absl::StrAppend(&out, ".", digits);
  }
  out.push_back('S');
}

void AppendNumber(const Value& value, const LogicalType& type,
                  std::string& out) {
  char text[kMaxJavaNumberLength];
  switch (type.root()) {
    case TypeRoot::kFloat:
      out.append(text, WriteJavaFloat(static_cast<float>(
                                          std::get<double>(value.data)),
                                      text));
      return;
    case TypeRoot::kDouble:
      out.append(text, WriteJavaDouble(std::get<double>(value.data), text));
      return;
    case TypeRoot::kDecimal:
      AppendDecimal({type.precision() > kMaxInt64DecimalDigits
                         ? std::get<Int128>(value.data)
                         : std::get<int64_t>(value.data),
                     type.scale()},
                    out);
      return;
    default: absl::StrAppend(&out, std::get<int64_t>(value.data));
  }
}

void AppendBytes(const std::string& bytes, std::string& out) {
  out.push_back('[');
  for (size_t i = 0; i < bytes.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ", ", static_cast<int8_t>(bytes[i]));
  }
  out.push_back(']');
}

void AppendNested(const Value& value, const LogicalType& type,
                  std::string& out) {
  const auto& children = std::get<Value::Children>(value.data);
  const bool is_row = type.Is(TypeRoot::kRow);
  const bool is_array = type.Is(TypeRoot::kArray);
  out.append(is_row ? "+I[" : is_array ? "[" : "{");
  const size_t step = is_row || is_array ? 1 : 2;
  for (size_t i = 0; i < children.size(); i += step) {
    if (i > 0) out.append(", ");
    if (step == 1) {
      AppendValue(children[i],
                  is_row ? type.fields()[i].type : type.element(), out);
      continue;
    }
    AppendValue(children[i], type.fields()[0].type, out);
    out.push_back('=');
    AppendValue(children[i + 1],
                type.Is(TypeRoot::kMap) ? type.value() : LogicalType::Integer(),
                out);
  }
  out.push_back(is_row || is_array ? ']' : '}');
}

void AppendValue(const Value& value, const LogicalType& type,
                 std::string& out) {
  if (value.is_null()) {
    out.append("null");
    return;
  }
  switch (type.root()) {
    case TypeRoot::kBoolean:
      out.append(std::get<bool>(value.data) ? "true" : "false");
      return;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      out.append(std::get<std::string>(value.data));
      return;
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary:
      AppendBytes(std::get<std::string>(value.data), out);
      return;
    case TypeRoot::kDate:
      AppendDate(static_cast<int32_t>(std::get<int64_t>(value.data)), out);
      return;
    case TypeRoot::kTime:
      AppendClock(std::get<int64_t>(value.data), 0, false, out);
      return;
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz: AppendTimestamp(value, type, out); return;
    case TypeRoot::kIntervalYearMonth:
      AppendMonths(std::get<int64_t>(value.data), out);
      return;
    case TypeRoot::kIntervalDayTime:
      AppendDuration(std::get<int64_t>(value.data), out);
      return;
    case TypeRoot::kArray:
    case TypeRoot::kMap:
    case TypeRoot::kMultiset:
    case TypeRoot::kRow: AppendNested(value, type, out); return;
    default: AppendNumber(value, type, out);
  }
}

}  // namespace

void AppendRowText(const Batch& batch, uint32_t row,
                   const std::vector<LogicalType>& types, std::string& out) {
  absl::StrAppend(&out, ToString(batch.kind(row)), "[");
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out.append(", ");
    AppendValue(ValueAt(*batch.columns[i], row), types[i], out);
  }
  out.push_back(']');
}

}  // namespace millrace
