#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/expr/case_runner.h"
#include "runtime/expr/cast.h"
#include "runtime/expr/evaluator.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/types/type_text.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

constexpr uint32_t kRowCount = 70;  // More than one word of validity.

std::string Trimmed(absl::string_view text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

LogicalType TypeOf(absl::string_view text) {
  auto type = ParseLogicalType(text);
  MILLRACE_CHECK_OK(type.status());
  return *type;
}

Value ValueOf(absl::string_view text, const LogicalType& type);

Value NestedValue(absl::string_view text, const LogicalType& type) {
  Value::Children items;
  size_t field = 0;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    if (type.Is(TypeRoot::kMap)) {
      const std::vector<absl::string_view> pair = absl::StrSplit(part, '=');
      items.push_back(ValueOf(pair[0], type.key()));
      items.push_back(ValueOf(pair[1], type.value()));
    } else if (type.Is(TypeRoot::kRow)) {
      items.push_back(ValueOf(part, type.fields()[field++].type));
    } else {
      items.push_back(ValueOf(part, type.element()));
    }
  }
  return Value::List(std::move(items));
}

Value ValueOf(absl::string_view text, const LogicalType& type) {
  text = absl::StripAsciiWhitespace(text);
  if (text == "NULL") return Value::Null();
  if (type.IsNested()) return NestedValue(text, type);
  if (absl::ConsumePrefix(&text, "'")) absl::ConsumeSuffix(&text, "'");
  if (type.IsInterval()) {
    return Value::Int(std::stoll(std::string(text)));
  }
  const auto source =
      Vector::Constant(LogicalType::String(), Value::Text(std::string(text)));
  Vector out(type, 1);
  RowErrors errors;
  const Vector* const args[] = {source.get()};
  MakeCast(LogicalType::String(), type, {})
      ->Run({args, Selection::All(1), &out, &errors});
  MILLRACE_CHECK(errors.empty());
  return ValueAt(out, 0);
}

std::string ErrorText(const absl::Status& status) {
  return absl::StrCat("error ", ErrorCode(status).value_or("without a code"));
}

Expr CastTo(Expr expr, const LogicalType& type) {
  if (expr.type == type) return expr;
  return Expr::Call("CAST", type, {std::move(expr)});
}

absl::StatusOr<Expr> Bind(const ExpressionCase& expression_case,
                          std::vector<Expr> args,
                          const FunctionRegistry& registry) {
  absl::string_view name = expression_case.function;
  if (absl::ConsumePrefix(&name, "CAST ") ||
      absl::ConsumePrefix(&name, "TRY_CAST ")) {
    const LogicalType target = TypeOf(name);
    RETURN_IF_ERROR(CheckExplicitCast(args[0].type, target));
    const bool tries = absl::StartsWith(expression_case.function, "TRY_");
    const bool nullable = tries || args[0].type.nullable();
    return Expr::Call(tries ? "TRY_CAST" : "CAST",
                      target.WithNullable(nullable), std::move(args));
  }
  const Function* function = registry.Find(name);
  MILLRACE_CHECK(function != nullptr);
  std::vector<ArgumentInfo> infos;
  for (const Expr& arg : args) {
    const bool literal = arg.kind == Expr::Kind::kLiteral;
    infos.push_back({arg.type, literal ? &arg.literal : nullptr});
  }
  ASSIGN_OR_RETURN(const ResolvedCall call, function->resolve(infos));
  for (size_t i = 0; i < args.size(); ++i) {
    args[i] = CastTo(std::move(args[i]), call.args[i]);
  }
  return Expr::Call(function->name, call.result, std::move(args));
}

VectorRef ColumnOf(const LogicalType& type, const Value& value,
                   bool has_nulls) {
  std::vector<Value> values(kRowCount, value);
  for (uint32_t row = 1; has_nulls && row < kRowCount; row += 2) {
    values[row] = Value::Null();
  }
  return VectorOf(type, values);
}

// The rows that must all show the same result.
std::vector<uint32_t> RowsToShow(RowLayout layout) {
  std::vector<uint32_t> rows;
  const bool every_other = layout != RowLayout::kDense;
  for (uint32_t row = 0; row < kRowCount; row += every_other ? 2 : 1) {
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::vector<ExpressionCase> ParseCases(absl::string_view text) {
  std::vector<ExpressionCase> cases;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    ExpressionCase parsed;
    if (absl::ConsumePrefix(&line, "literal: ")) {
      parsed.form = ExpressionCase::Form::kLiteral;
    } else if (absl::ConsumePrefix(&line, "column: ")) {
      parsed.form = ExpressionCase::Form::kColumn;
    }
    const auto arrow = line.rfind("=>");
    MILLRACE_CHECK(arrow != absl::string_view::npos);
    parsed.expected = Trimmed(line.substr(arrow + 2));
    for (const absl::string_view part :
         absl::StrSplit(line.substr(0, arrow), " | ")) {
      if (parsed.function.empty()) {
        parsed.function = Trimmed(part);
        continue;
      }
      const std::pair<std::string, std::string> argument =
          absl::StrSplit(part, absl::MaxSplits(':', 1));
      parsed.args.push_back(
          {Trimmed(argument.first), Trimmed(argument.second)});
    }
    cases.push_back(std::move(parsed));
  }
  return cases;
}

std::string RunCase(const ExpressionCase& expression_case, RowLayout layout,
                    const FunctionRegistry& registry) {
  Batch batch;
  batch.row_count = kRowCount;
  std::vector<Expr> args;
  for (const auto& [type_text, text] : expression_case.args) {
    const LogicalType type = TypeOf(type_text);
    Value value = ValueOf(text, type);
    if (layout == RowLayout::kLiteral) {
      args.push_back(Expr::Literal(std::move(value), type));
      continue;
    }
    const bool last = args.size() + 1 == expression_case.args.size();
    batch.columns.push_back(
        ColumnOf(type, value, layout == RowLayout::kWithNulls && last));
    args.push_back(Expr::Column(static_cast<int32_t>(args.size()), type));
  }
  const auto expr = Bind(expression_case, std::move(args), registry);
  if (!expr.ok()) return ErrorText(expr.status());
  auto evaluator = Evaluator::Compile({&*expr, 1}, registry, {});
  if (!evaluator.ok()) return ErrorText(evaluator.status());
  const std::vector<uint32_t> rows = RowsToShow(layout);
  const bool sparse = layout == RowLayout::kSparse;
  std::string first;
  // Twice: the second batch fills the vectors of the first again.
  for (int batch_index = 0; batch_index < 2; ++batch_index) {
    RowErrors errors;
    const auto results = (*evaluator)->Evaluate(
        batch,
        sparse ? Selection::Of(rows.data(),
                               static_cast<uint32_t>(rows.size()))
               : Selection::All(kRowCount),
        errors);
    if (!errors.empty()) return ErrorText(errors.entries()[0].status);
    for (const uint32_t row : rows) {
      const std::string shown = absl::StrCat(
          expr->type.ToString(), ": ",
          ValueText(ValueAt(*results[0], row), expr->type));
      if (first.empty()) first = shown;
      if (shown != first) return absl::StrCat(first, " but then ", shown);
    }
  }
  return first;
}

}  // namespace millrace
