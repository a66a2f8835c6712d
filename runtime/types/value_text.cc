#include "runtime/types/value_text.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/interval_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

// What a writer of another header wrote into a buffer that holds any of them.
template <typename Writer>
std::string Written(Writer writer) {
  char text[64];
  static_assert(sizeof(text) >= kMaxDecimalTextLength &&
                sizeof(text) >= kMaxDateTimeTextLength &&
                sizeof(text) >= kMaxIntervalTextLength &&
                sizeof(text) >= kMaxJavaNumberLength);
  return std::string(text, writer(text));
}

TimeNanos TimestampOf(const Value& value, int precision) {
  if (precision > 6) return std::get<TimeNanos>(value.data);
  const int64_t number = std::get<int64_t>(value.data);
  return precision > 3 ? NanosFromMicros(number) : NanosFromMillis(number);
}

Int128 UnscaledOf(const Value& value) {
  const int64_t* const narrow = std::get_if<int64_t>(&value.data);
  return narrow != nullptr ? *narrow : std::get<Int128>(value.data);
}

std::string ScalarText(const Value& value, const LogicalType& type) {
  const auto number = [&] { return std::get<int64_t>(value.data); };
  const auto narrow = [&] { return static_cast<int32_t>(number()); };
  switch (type.root()) {
    case TypeRoot::kBoolean:
      return std::get<bool>(value.data) ? "TRUE" : "FALSE";
    case TypeRoot::kFloat:
      return Written([&](char* out) {
        const double wide = std::get<double>(value.data);
        return WriteJavaFloat(static_cast<float>(wide), out);
      });
    case TypeRoot::kDouble:
      return Written([&](char* out) {
        return WriteJavaDouble(std::get<double>(value.data), out);
      });
    case TypeRoot::kDecimal:
      return Written([&](char* out) {
        return WriteDecimal({UnscaledOf(value), type.scale()}, out);
      });
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary: return std::get<std::string>(value.data);
    case TypeRoot::kDate:
      return Written([&](char* out) { return WriteDate(narrow(), out); });
    case TypeRoot::kTime:
      return Written([&](char* out) {
        return WriteTime(narrow(), type.precision(), out);
      });
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return Written([&](char* out) {
        return WriteTimestamp(TimestampOf(value, type.precision()),
                              type.precision(), out);
      });
    case TypeRoot::kIntervalYearMonth:
      return Written(
          [&](char* out) { return WriteIntervalYearMonth(narrow(), out); });
    case TypeRoot::kIntervalDayTime:
      return Written(
          [&](char* out) { return WriteIntervalDayTime(number(), out); });
    default: return absl::StrCat(number());
  }
}

std::string RowText(const Value::Children& values, const LogicalType& type) {
  const auto& fields = type.fields();
  MILLRACE_CHECK(values.size() == fields.size());
  std::string text = "(";
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "",
                    ValueText(values[i], fields[i].type));
  }
  return text + ")";
}

std::string ArrayText(const Value::Children& values,
                      const LogicalType& element) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", ValueText(values[i], element));
  }
  return text + "]";
}

std::string MapText(const Value::Children& values, const LogicalType& key,
                    const LogicalType& mapped) {
  MILLRACE_CHECK(values.size() % 2 == 0);
  std::string text = "{";
  for (size_t i = 0; i < values.size(); i += 2) {
    absl::StrAppend(&text, i > 0 ? ", " : "", ValueText(values[i], key), "=",
                    ValueText(values[i + 1], mapped));
  }
  return text + "}";
}

}  // namespace

std::string ValueText(const Value& value, const LogicalType& type) {
  if (value.is_null()) return "NULL";
  if (!type.IsNested()) return ScalarText(value, type);
  const auto& children = std::get<Value::Children>(value.data);
  switch (type.root()) {
    case TypeRoot::kRow: return RowText(children, type);
    case TypeRoot::kArray: return ArrayText(children, type.element());
    case TypeRoot::kMultiset:
      return MapText(children, type.element(), LogicalType::Integer());
    default: return MapText(children, type.key(), type.value());
  }
}

}  // namespace millrace
