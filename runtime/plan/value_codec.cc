#include "runtime/plan/value_codec.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/type_text.h"

namespace millrace {
namespace {

bool IsUtf8(const std::string& text) {
  const Json probe = text;
  const std::string dumped =
      probe.dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(dumped, nullptr, false) == probe;
}

std::string WideText(Int128 value) {
  char text[kMaxDecimalTextLength];
  char* end = WriteDecimal({value, 0}, text);
  return std::string(text, end);
}

Json EncodeDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// The type of child `index`: fields of a ROW, key and value in turn of a MAP.
const LogicalType& ChildType(const LogicalType& type, size_t index) {
  const auto& fields = type.fields();
  return fields[index % fields.size()].type;
}

absl::StatusOr<Value> DecodeDouble(const Json& json, const std::string& path) {
  if (json.is_number()) return Value::Double(json.get<double>());
  if (json == "NaN") {
    return Value::Double(std::numeric_limits<double>::quiet_NaN());
  }
  const double infinity = std::numeric_limits<double>::infinity();
  if (json == "Infinity") return Value::Double(infinity);
  if (json == "-Infinity") return Value::Double(-infinity);
  return BadPlanText(path, "expected a number");
}

absl::StatusOr<Value> DecodeText(const Json& json, const std::string& path) {
  if (json.is_string()) return Value::Text(json.get<std::string>());
  ObjectReader in(json, path);
  const std::string hex = in.Text("hex");
  RETURN_IF_ERROR(in.Finish());
  const bool even = hex.size() % 2 == 0;
  if (!even ||
      hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return BadPlanText(path, "expected hexadecimal digits");
  }
  return Value::Text(absl::HexStringToBytes(hex));
}

absl::StatusOr<Value> DecodeChildren(const Json& json, const LogicalType& type,
                                     const std::string& path) {
  if (!json.is_array()) return BadPlanText(path, "expected an array");
  const bool is_row = type.Is(TypeRoot::kRow);
  if ((is_row && json.size() != type.fields().size()) ||
      (type.Is(TypeRoot::kMap) && json.size() % 2 != 0)) {
    return BadPlanText(path, "a wrong number of elements");
  }
  Value::Children children;
  for (size_t i = 0; i < json.size(); ++i) {
    ASSIGN_OR_RETURN(Value child,
                     DecodeValue(json[i], ChildType(type, i),
                                 absl::StrCat(path, "[", i, "]")));
    children.push_back(std::move(child));
  }
  return Value::List(std::move(children));
}

absl::StatusOr<Value> DecodeNanos(const Json& json, const std::string& path) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_number_integer() ||
      !json[1].is_number_integer()) {
    return BadPlanText(path, "expected [milliseconds, nanoseconds]");
  }
  return Value::Nanos({json[0].get<int64_t>(), json[1].get<int32_t>()});
}

absl::StatusOr<Value> DecodeWide(const Json& json, const LogicalType& type,
                                 const std::string& path) {
  Int128 value = 0;
  if (!json.is_string() ||
      !ParseDecimal(json.get<std::string>(), {type.precision(), 0}, &value)) {
    return BadPlanText(path, "expected the digits of a decimal");
  }
  return Value::Int128(value);
}

}  // namespace

Json EncodeValue(const Value& value, const LogicalType& type) {
  if (value.is_null()) return nullptr;
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  if (const auto* whole = std::get_if<int64_t>(&value.data)) return *whole;
  if (const auto* wide = std::get_if<__int128>(&value.data)) {
    return WideText(*wide);
  }
  if (const auto* real = std::get_if<double>(&value.data)) {
    return EncodeDouble(*real);
  }
  if (const auto* nanos = std::get_if<TimeNanos>(&value.data)) {
    return Json::array({nanos->millis, nanos->nanos});
  }
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    if (!type.IsBinary() && IsUtf8(*text)) return *text;
    return Json{{"hex", absl::BytesToHexString(*text)}};
  }
  Json children = Json::array();
  const auto& list = std::get<Value::Children>(value.data);
  for (size_t i = 0; i < list.size(); ++i) {
    children.push_back(EncodeValue(list[i], ChildType(type, i)));
  }
  return children;
}

absl::StatusOr<Value> DecodeValue(const Json& json, const LogicalType& type,
                                  const std::string& path) {
  if (json.is_null()) return Value::Null();
  switch (type.physical()) {
    case PhysicalType::kNull:
      return BadPlanText(path, "expected null");
    case PhysicalType::kBool:
      if (!json.is_boolean()) return BadPlanText(path, "expected a BOOLEAN");
      return Value::Bool(json.get<bool>());
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      if (!json.is_number_integer()) {
        return BadPlanText(path, "expected a whole number");
      }
      return Value::Int(json.get<int64_t>());
    case PhysicalType::kInt128: return DecodeWide(json, type, path);
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return DecodeDouble(json, path);
    case PhysicalType::kTimeNanos: return DecodeNanos(json, path);
    case PhysicalType::kString: return DecodeText(json, path);
    case PhysicalType::kRow:
    case PhysicalType::kList:
    case PhysicalType::kMap: return DecodeChildren(json, type, path);
  }
  return BadPlanText(path, "a type that has no values");
}

absl::StatusOr<LogicalType> DecodeType(const std::string& text,
                                       const std::string& path) {
  auto type = ParseLogicalType(text);
  if (type.ok()) return type;
  return BadPlanText(path, std::string(type.status().message()));
}

}  // namespace millrace
