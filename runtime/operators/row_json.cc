#include "runtime/operators/row_json.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/batch/vector_value.h"
#include "runtime/expr/utf8.h"
#include "runtime/operators/json_string.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

// A message stays one that a terminal shows.
constexpr size_t kSummaryBytes = 300;
constexpr size_t kSummaryValueBytes = 60;

void AppendJson(const Value& value, const LogicalType& type,
                std::string& out);

void AppendObject(const Value::Children& values,
                  std::span<const RowField> fields, std::string& out) {
  out += '{';
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ",", JsonString(fields[i].name), ":");
    AppendJson(values[i], fields[i].type, out);
  }
  out += '}';
}

// NaN and the infinities are no JSON.
bool IsJsonNumber(absl::string_view text) {
  return text.find_first_not_of("0123456789.-E") == absl::string_view::npos;
}

void AppendScalar(const Value& value, const LogicalType& type,
                  std::string& out) {
  const std::string text = ValueText(value, type);
  if (type.Is(TypeRoot::kBoolean)) {
    out += std::get<bool>(value.data) ? "true" : "false";
  } else if (type.IsNumeric() && IsJsonNumber(text)) {
    out += text;
  } else if (type.IsBinary()) {
    absl::StrAppend(&out, "\"", absl::Base64Escape(text), "\"");
  } else {
    const bool utc = type.Is(TypeRoot::kTimestampLtz);
    out += JsonString(utc ? text + "Z" : text);
  }
}

void AppendJson(const Value& value, const LogicalType& type,
                std::string& out) {
  if (value.is_null()) {
    out += "null";
  } else if (type.Is(TypeRoot::kRow)) {
    AppendObject(std::get<Value::Children>(value.data), type.fields(), out);
  } else if (type.Is(TypeRoot::kArray)) {
    out += '[';
    bool first = true;
    for (const Value& item : std::get<Value::Children>(value.data)) {
      if (!std::exchange(first, false)) out += ',';
      AppendJson(item, type.element(), out);
    }
    out += ']';
  } else {
    AppendScalar(value, type, out);
  }
}

std::string Cut(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && IsContinuation(text[limit])) --limit;
  text.resize(limit);
  return text + "...";
}

}  // namespace

std::string RowJson(const Batch& batch, uint32_t row,
                    std::span<const RowField> fields) {
  Value::Children values;
  for (const VectorRef& column : batch.columns) {
    values.push_back(ValueAt(*column, row));
  }
  std::string json;
  AppendObject(values, fields, json);
  return json;
}

std::string RowSummary(const Batch& batch, uint32_t row,
                       std::span<const RowField> fields,
                       std::span<const int32_t> first) {
  std::vector<int32_t> order(fields.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(), [&](int32_t column) {
    return std::find(first.begin(), first.end(), column) != first.end();
  });
  std::string text = "{";
  for (const int32_t column : order) {
    if (text.size() > 1) text += ", ";
    if (text.size() > kSummaryBytes) {
      text += "...";
      break;
    }
    const LogicalType& type = fields[column].type;
    absl::StrAppend(&text, fields[column].name, "=",
                    Cut(ValueText(ValueAt(*batch.columns[column], row), type),
                        kSummaryValueBytes));
  }
  return text + "}";
}

}  // namespace millrace
