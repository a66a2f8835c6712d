#include "sql/binder/window_tvf_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/flink_functions.h"
#include "sql/binder/function_call_binder.h"
#include "sql/binder/window_shape.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// A window function's parameters in order; the last, OFFSET, may be missing.
struct Parameters {
  absl::string_view function;
  std::vector<std::string> names;
  absl::string_view usage;
};

const std::vector<Parameters>& AllParameters() {
  static const auto& all = *new std::vector<Parameters>{
      {"TUMBLE",
       {"DATA", "TIMECOL", "SIZE", "OFFSET"},
       "TUMBLE(TABLE t, DESCRIPTOR(time), size[, offset])"},
      {"HOP",
       {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"},
       "HOP(TABLE t, DESCRIPTOR(time), slide, size[, offset])"},
      {"CUMULATE",
       {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"},
       "CUMULATE(TABLE t, DESCRIPTOR(time), step, size[, offset])"}};
  return all;
}

absl::Status Misused(const SourceLocation& location, std::string what,
                     std::string why, std::string fix) {
  return SqlError({.code = "SQL-0133",
                   .location = location,
                   .what = std::move(what),
                   .why = std::move(why),
                   .fix = std::move(fix)});
}

// The arguments in the order of `parameters`; null where one is missing.
absl::StatusOr<std::vector<const Expression*>> InOrder(
    const Parameters& parameters, const FunctionCall& call,
    const SourceLocation& location) {
  const std::string fix = absl::StrCat("Write ", parameters.usage, ".");
  std::vector<const Expression*> ordered(parameters.names.size(), nullptr);
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const FunctionArgument& argument = call.arguments[i];
    size_t place = i;
    if (argument.name) {
      const std::string name = absl::AsciiStrToUpper(argument.name->text);
      place = std::find(parameters.names.begin(), parameters.names.end(),
                        name) - parameters.names.begin();
    }
    if (place >= ordered.size() || ordered[place] != nullptr) {
      return Misused(argument.value->location,
                     absl::StrCat(parameters.function,
                                  " does not take this argument"),
                     "", fix);
    }
    ordered[place] = argument.value.get();
  }
  for (size_t i = 0; i + 1 < ordered.size(); ++i) {
    if (ordered[i] != nullptr) continue;
    return Misused(location,
                   absl::StrCat(parameters.function, " needs ",
                                parameters.names[i]),
                   "", fix);
  }
  return ordered;
}

absl::StatusOr<BoundTable> BindData(QueryBinder& queries,
                                    const Expression& data,
                                    const Parameters& parameters) {
  const auto* query = data.As<Subquery>();
  if (query != nullptr && query->kind == SubqueryKind::kScalar) {
    ASSIGN_OR_RETURN(LogicalPtr node, queries.Bind(*query->query));
    Scope scope("", node->output);
    return BoundTable{std::move(node), std::move(scope)};
  }
  const auto* table = data.As<TableArgument>();
  if (table == nullptr) {
    return Misused(data.location, "the first argument is no table", "",
                   absl::StrCat("Write ", parameters.usage, "."));
  }
  if (!table->partition_by.empty()) {
    return NotBuiltYet(data.location, "PARTITION BY of a table argument");
  }
  return queries.BindTable(*table->table);
}

absl::StatusOr<int> BindTime(const BoundTable& data, const Expression& column,
                             const Parameters& parameters) {
  const auto* descriptor = column.As<Descriptor>();
  if (descriptor == nullptr || descriptor->columns.size() != 1) {
    return Misused(column.location, "the time is no DESCRIPTOR(column)", "",
                   absl::StrCat("Write ", parameters.usage, "."));
  }
  ASSIGN_OR_RETURN(const Expr time,
                   data.scope.Resolve(descriptor->columns[0]));
  if (time.kind != Expr::Kind::kColumn) {
    return Misused(column.location,
                   "a field of a ROW cannot carry a window",
                   "it is no time attribute", "");
  }
  return time.column;
}

}  // namespace

absl::StatusOr<LogicalPtr> BindWindowTvf(QueryBinder& queries,
                                         const Expression& expression) {
  const SourceLocation& location = expression.location;
  const auto& call = *expression.As<FunctionCall>();
  ASSIGN_OR_RETURN(const std::string name, FunctionNameOf(call));
  const auto& all = AllParameters();
  const auto parameters =
      std::find_if(all.begin(), all.end(), [&](const Parameters& one) {
        return one.function == name;
      });
  if (parameters == all.end()) {
    if (IsFlinkFunction(name)) {
      return NotBuiltYet(location, absl::StrCat("table function ", name));
    }
    const std::vector<std::string> known = {"TUMBLE", "HOP", "CUMULATE"};
    return SqlError({.code = "SQL-0116",
                     .location = location,
                     .what = absl::StrCat("there is no table function `",
                                          name, "`"),
                     .why = {},
                     .fix = DidYouMean(name, known)});
  }
  ASSIGN_OR_RETURN(const auto ordered, InOrder(*parameters, call, location));
  ASSIGN_OR_RETURN(BoundTable data,
                   BindData(queries, *ordered[0], *parameters));
  ASSIGN_OR_RETURN(const int time, BindTime(data, *ordered[1], *parameters));
  const bool steps = name != "TUMBLE";
  ASSIGN_OR_RETURN(
      WindowShape shape,
      MakeWindowShape(queries.context(),
                      {.function = name,
                       .size = ordered[steps ? 3 : 2],
                       .step = steps ? ordered[2] : nullptr,
                       .offset = ordered.back(),
                       .location = location}));
  return MakeWindowNode(queries.context(), std::move(data.node), time,
                        std::move(shape), ordered[1]->location);
}

}  // namespace millrace::sql
