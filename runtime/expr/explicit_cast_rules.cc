#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

// Text, numbers, booleans and times: what CAST turns into what.
bool ScalarCastExists(const LogicalType& from, const LogicalType& to) {
  if (to.IsCharacter()) return true;
  if (to.IsBinary()) return from.IsCharacter() || from.IsBinary();
  if (to.Is(TypeRoot::kBoolean)) {
    return from.Is(TypeRoot::kBoolean) || from.IsCharacter() ||
           from.IsNumeric();
  }
  if (to.IsNumeric()) {
    return from.IsNumeric() || from.IsCharacter() ||
           from.Is(TypeRoot::kBoolean);
  }
  if (to.IsInterval()) return from.root() == to.root();
  switch (to.root()) {
    case TypeRoot::kDate:
      return from.IsCharacter() || from.Is(TypeRoot::kDate) ||
             from.IsTimestamp();
    case TypeRoot::kTime:
      return from.IsCharacter() || from.Is(TypeRoot::kTime) ||
             from.IsTimestamp();
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return from.IsCharacter() || from.IsTemporal();
    default: return false;
  }
}

bool CastExists(const LogicalType& from, const LogicalType& to) {
  if (from.Is(TypeRoot::kNull)) return true;
  if (!to.IsNested()) return ScalarCastExists(from, to);
  if (from.root() != to.root() ||
      from.fields().size() != to.fields().size()) {
    return false;
  }
  for (size_t i = 0; i < to.fields().size(); ++i) {
    if (!CastExists(from.fields()[i].type, to.fields()[i].type)) return false;
  }
  return true;
}

std::string Advice(const LogicalType& from, const LogicalType& to) {
  if (from.IsNumeric() && to.Is(TypeRoot::kTimestamp)) {
    return "Use TO_TIMESTAMP(FROM_UNIXTIME(seconds)).";
  }
  if (from.IsNumeric() && to.Is(TypeRoot::kTimestampLtz)) {
    return "Use TO_TIMESTAMP_LTZ(number, precision).";
  }
  if (from.IsTimestamp() && to.IsNumeric()) {
    return "Use UNIX_TIMESTAMP(CAST(time AS STRING)) for seconds.";
  }
  if (from.IsNested() && to.IsNested()) {
    return "Both must be of one kind with as many fields, each castable.";
  }
  return "CAST to STRING exists for every type.";
}

}  // namespace

absl::Status CheckExplicitCast(const LogicalType& from,
                               const LogicalType& to) {
  if (CastExists(from, to)) return absl::OkStatus();
  return UserError({.code = "SQL-0102",
                    .what = absl::StrCat("`CAST` cannot turn ",
                                         from.AsNullable().ToString(),
                                         " into ",
                                         to.AsNullable().ToString()),
                    .fix = Advice(from, to)});
}

}  // namespace millrace
