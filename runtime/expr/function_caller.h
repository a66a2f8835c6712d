#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/vector_value.h"
#include "runtime/expr/function_registry.h"
#include "runtime/types/value.h"
#include "runtime/types/value_text.h"

namespace millrace {

// For tests: calls a function of the library by name with single values and
// gives the result as Flink prints it, so that a test is a table of
//
//   {"SUBSTRING", {"hello", 2, 3}, "ell"},
//
// Each call is made twice, with literals and with columns of several rows of
// which some are selected; results that differ are shown both.

// A value with its type. Numbers, text and null (a NULL STRING) convert.
struct Arg {
  Arg(const char* text)  // NOLINT: a table's cells.
      : type(LogicalType::String().NotNull()), value(Value::Text(text)) {}
  Arg(int number)  // NOLINT
      : type(LogicalType::Integer().NotNull()), value(Value::Int(number)) {}
  Arg(double number)  // NOLINT
      : type(LogicalType::Double().NotNull()),
        value(Value::Double(number)) {}
  Arg(std::nullptr_t) : type(LogicalType::String()) {}  // NOLINT
  Arg(LogicalType type, Value value)
      : type(std::move(type)), value(std::move(value)) {}

  LogicalType type;
  Value value;
  // Given as a literal in both calls: units, sides.
  bool always_literal = false;
};

inline Arg Word(const char* word) {
  Arg arg(word);
  arg.always_literal = true;
  return arg;
}
inline Arg Long(int64_t number) {
  return {LogicalType::BigInt().NotNull(), Value::Int(number)};
}
inline Arg Null(LogicalType type) { return {std::move(type), Value::Null()}; }

class FunctionCaller {
 public:
  explicit FunctionCaller(void (*family)(FunctionRegistry&),
                          FunctionContext context = {})
      : context_(context) {
    family(registry_);
  }

  // "REFUSED: why" when no signature suits or a literal cannot be used,
  // "FAILED: why" for an error of the row.
  std::string Call(absl::string_view name, std::vector<Arg> args) const {
    const std::string constant = CallOnce(name, args, /*literal=*/true);
    const std::string varying = CallOnce(name, args, /*literal=*/false);
    if (constant == varying) return constant;
    return constant + " with literals, " + varying + " with columns";
  }

  // The type the call has with literals; "REFUSED".
  std::string TypeOf(absl::string_view name, std::vector<Arg> args) const {
    const auto resolved = registry_.Find(name)->resolve(Infos(args, true));
    return resolved.ok() ? resolved->result.ToString() : "REFUSED";
  }

 private:
  static constexpr uint32_t kRows[] = {0, 2};
  static constexpr uint32_t kRowCount = 3;

  static std::vector<ArgumentInfo> Infos(std::span<const Arg> args,
                                         bool literal) {
    std::vector<ArgumentInfo> infos;
    for (const Arg& arg : args) {
      const bool given = literal || arg.always_literal;
      infos.push_back({arg.type, given ? &arg.value : nullptr});
    }
    return infos;
  }

  // As an implicit cast would leave it, for the casts that tests need.
  static void Widen(Arg& arg, const LogicalType& type) {
    const auto* number = std::get_if<int64_t>(&arg.value.data);
    if (number != nullptr && type.IsApproximate()) {
      arg.value = Value::Double(static_cast<double>(*number));
    }
    arg.type = type;
  }

  std::string CallOnce(absl::string_view name, std::vector<Arg> args,
                       bool literal) const {
    const Function* const function = registry_.Find(name);
    if (function == nullptr) return "no such function";
    const auto resolved = function->resolve(Infos(args, literal));
    if (!resolved.ok()) {
      return "REFUSED: " + std::string(resolved.status().message());
    }
    bool any_null = false;
    for (size_t i = 0; i < args.size(); ++i) {
      Widen(args[i], resolved->args[i]);
      any_null |= args[i].value.is_null();
    }
    if (function->traits.null_in_null_out && any_null) return "NULL";
    auto kernel = function->make_kernel(Infos(args, literal),
                                        resolved->result, context_);
    if (!kernel.ok()) {
      return "REFUSED: " + std::string(kernel.status().message());
    }
    return Run(**kernel, args, resolved->result, literal);
  }

  static std::string Run(Kernel& kernel, std::span<const Arg> args,
                         const LogicalType& result, bool literal) {
    std::vector<VectorRef> columns;
    std::vector<const Vector*> pointers;
    for (const Arg& arg : args) {
      if (literal || arg.always_literal) {
        columns.push_back(Vector::Constant(arg.type, arg.value));
      } else {
        const std::vector<Value> rows(kRowCount, arg.value);
        columns.push_back(VectorOf(arg.type, rows));
      }
      pointers.push_back(columns.back().get());
    }
    Vector out(result, kRowCount);
    RowErrors errors;
    kernel.Run({.args = pointers,
                .rows = literal ? Selection::All(kRowCount)
                                : Selection::Of(kRows, std::size(kRows)),
                .out = &out,
                .errors = &errors});
    if (!errors.empty()) {
      return "FAILED: " +
             std::string(errors.entries()[0].status.message());
    }
    std::string shown = ValueText(ValueAt(out, 0), result);
    const std::string other = ValueText(ValueAt(out, 2), result);
    return shown == other ? shown : shown + " in one row, " + other;
  }

  FunctionRegistry registry_;
  FunctionContext context_;
};

// One line of a table.
struct FunctionCase {
  const char* name;
  std::vector<Arg> args;
  std::string expected;
};

// For messages: "SUBSTRING(hello, 2)".
inline std::string Describe(const FunctionCase& line) {
  std::string text = std::string(line.name) + "(";
  for (const Arg& arg : line.args) {
    if (text.back() != '(') text += ", ";
    text += ValueText(arg.value, arg.type);
  }
  return text + ")";
}

}  // namespace millrace
