#include "sql/binder/group_window_binder.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/function_call_binder.h"
#include "sql/binder/window_shape.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kWindows[] = {"TUMBLE", "HOP", "SESSION"};
constexpr absl::string_view kSuffixes[] = {"_START", "_END", "_ROWTIME",
                                           "_PROCTIME"};

bool IsWindow(absl::string_view name) {
  for (absl::string_view window : kWindows) {
    if (name == window) return true;
  }
  return false;
}

std::string UpperName(const Expression& expression) {
  const auto* call = expression.As<FunctionCall>();
  if (call == nullptr) return "";
  const auto name = FunctionNameOf(*call);
  return name.ok() ? *name : "";
}

absl::Status BadCount(absl::string_view function,
                      const SourceLocation& location) {
  return SqlError({.code = "SQL-0131",
                   .location = location,
                   .what = absl::StrCat("wrong number of arguments for ",
                                        function),
                   .why = {},
                   .fix = function == "HOP"
                              ? "Write HOP(time, slide, size)."
                              : "Write TUMBLE(time, size)."});
}

}  // namespace

bool IsGroupWindowFunction(absl::string_view name) {
  if (IsWindow(name)) return true;
  for (absl::string_view suffix : kSuffixes) {
    if (absl::ConsumeSuffix(&name, suffix)) return IsWindow(name);
  }
  return false;
}

absl::StatusOr<const Expression*> FindGroupWindow(
    const std::vector<const Expression*>& elements) {
  const Expression* found = nullptr;
  for (const Expression* element : elements) {
    if (!IsWindow(UpperName(*element))) continue;
    if (found != nullptr) {
      return SqlError({.code = "SQL-0132",
                       .location = element->location,
                       .what = "two windows in one GROUP BY",
                       .why = {},
                       .fix = {}});
    }
    found = element;
  }
  return found;
}

absl::StatusOr<GroupWindow> AddGroupWindow(const BindContext& context,
                                           const Expression& window,
                                           LogicalPtr& input, Scope& scope) {
  const auto& call = *window.As<FunctionCall>();
  GroupWindow made;
  made.function = UpperName(window);
  if (made.function == "SESSION") {
    return NotBuiltYet(window.location, "SESSION window");
  }
  const size_t sizes = made.function == "HOP" ? 2 : 1;
  if (call.arguments.size() != sizes + 1) {
    return BadCount(made.function, window.location);
  }
  ExpressionBinder binder(context, scope, {.clause = "GROUP BY"});
  const Expression& time = *call.arguments[0].value;
  ASSIGN_OR_RETURN(made.time, binder.Bind(time));
  if (made.time.kind != Expr::Kind::kColumn) {
    return SqlError({.code = "SQL-0130",
                     .location = time.location,
                     .what = "a window needs a column that is a time attribute",
                     .why = {},
                     .fix = {}});
  }
  ASSIGN_OR_RETURN(
      WindowShape shape,
      MakeWindowShape(context,
                      {.function = made.function,
                       .size = call.arguments[sizes].value.get(),
                       .step = sizes == 2 ? call.arguments[1].value.get()
                                          : nullptr,
                       .location = window.location}));
  made.start = static_cast<int>(input->output.size());
  made.end = made.start + 1;
  made.time_column = made.start + 2;
  ASSIGN_OR_RETURN(input, MakeWindowNode(context, std::move(input),
                                         made.time.column, std::move(shape),
                                         time.location));
  scope.AddHidden({input->output.begin() + made.start, input->output.end()});
  return made;
}

absl::StatusOr<Expr> BindWindowProperty(ExpressionBinder& binder,
                                        absl::string_view name,
                                        const FunctionCall& call,
                                        const SourceLocation& location) {
  const GroupWindow* window = binder.group_window();
  if (window == nullptr || !absl::StartsWith(name, window->function)) {
    return SqlError({.code = "SQL-0132",
                     .location = location,
                     .what = absl::StrCat(name, " has no window to speak of"),
                     .why = "no such window stands in GROUP BY",
                     .fix = {}});
  }
  ExpressionBinder plain = binder.InsideAggregate();
  if (call.arguments.empty()) return BadCount(window->function, location);
  ASSIGN_OR_RETURN(Expr time, plain.Bind(*call.arguments[0].value));
  if (!(time == window->time)) {
    return SqlError({.code = "SQL-0132",
                     .location = location,
                     .what = absl::StrCat(name, " is of another window"),
                     .why = "its arguments must be those in GROUP BY",
                     .fix = {}});
  }
  int column = window->time_column;
  if (absl::EndsWith(name, "_START")) column = window->start;
  if (absl::EndsWith(name, "_END")) column = window->end;
  return Expr::Column(column, binder.scope().columns()[column].type);
}

}  // namespace millrace::sql
