#include "runtime/operators/row_text.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/check.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/decimal_text.h"

namespace millrace {
namespace {

Value ParseDecimalCell(absl::string_view text, const LogicalType& type) {
  Int128 unscaled = 0;
  MILLRACE_CHECK(ParseDecimal(
      text, {.precision = type.precision(), .scale = type.scale()},
      &unscaled));
  return type.physical() == PhysicalType::kInt64
             ? Value::Int(static_cast<int64_t>(unscaled))
             : Value::Int128(unscaled);
}

Value ParseCell(absl::string_view text, const LogicalType& type) {
  if (text == "NULL") return Value::Null();
  if (type.Is(TypeRoot::kDecimal)) return ParseDecimalCell(text, type);
  switch (type.physical()) {
    case PhysicalType::kString: return Value::Text(std::string(text));
    case PhysicalType::kBool: return Value::Bool(text == "true");
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: {
      double value = 0;
      MILLRACE_CHECK(absl::SimpleAtod(text, &value));
      return Value::Double(value);
    }
    case PhysicalType::kTimeNanos: {
      int64_t millis = 0;
      MILLRACE_CHECK(absl::SimpleAtoi(text, &millis));
      return Value::Nanos({.millis = millis});
    }
    default: {
      int64_t value = 0;
      MILLRACE_CHECK(absl::SimpleAtoi(text, &value));
      return Value::Int(value);
    }
  }
}

std::string CellText(const Value& value, const LogicalType& type) {
  if (value.is_null()) return "NULL";
  if (type.Is(TypeRoot::kDecimal)) {
    const bool narrow = type.physical() == PhysicalType::kInt64;
    char text[kMaxDecimalTextLength];
    const char* end = WriteDecimal(
        {.unscaled = narrow ? std::get<int64_t>(value.data)
                            : std::get<__int128>(value.data),
         .scale = type.scale()},
        text);
    return std::string(text, end - text);
  }
  switch (type.physical()) {
    case PhysicalType::kString: return std::get<std::string>(value.data);
    case PhysicalType::kBool:
      return std::get<bool>(value.data) ? "true" : "false";
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return absl::StrCat(std::get<double>(value.data));
    case PhysicalType::kTimeNanos:
      return absl::StrCat(std::get<TimeNanos>(value.data).millis);
    default: return absl::StrCat(std::get<int64_t>(value.data));
  }
}

}  // namespace

TextRow ParseRow(absl::string_view text, std::span<const LogicalType> types) {
  TextRow row;
  text = absl::StripAsciiWhitespace(text);
  for (int kind = 0; kind < 4; ++kind) {
    if (absl::ConsumePrefix(&text, ToString(static_cast<RowKind>(kind)))) {
      row.kind = static_cast<RowKind>(kind);
      break;
    }
  }
  const std::vector<absl::string_view> cells = absl::StrSplit(text, ',');
  MILLRACE_CHECK(cells.size() == types.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    row.values.push_back(
        ParseCell(absl::StripAsciiWhitespace(cells[i]), types[i]));
  }
  return row;
}

std::vector<std::string> RowTexts(const Batch& batch,
                                  std::span<const LogicalType> types) {
  MILLRACE_CHECK(batch.columns.size() == types.size());
  std::vector<std::string> texts;
  batch.selection().ForEach([&](uint32_t row) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < types.size(); ++i) {
      cells.push_back(CellText(ValueAt(*batch.columns[i], row), types[i]));
    }
    texts.push_back(absl::StrCat(ToString(batch.kind(row)), " ",
                                 absl::StrJoin(cells, ", ")));
  });
  return texts;
}

}  // namespace millrace
