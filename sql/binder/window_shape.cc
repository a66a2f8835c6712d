#include "sql/binder/window_shape.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/expression_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status BadWindow(const SourceLocation& location, std::string what,
                       std::string why = {}, std::string fix = {}) {
  return SqlError({.code = "SQL-0131",
                   .location = location,
                   .what = std::move(what),
                   .why = std::move(why),
                   .fix = std::move(fix)});
}

absl::StatusOr<int64_t> Millis(const BindContext& context,
                               const Expression& expression,
                               absl::string_view what) {
  const Scope nothing;
  ExpressionBinder binder(context, nothing, {.clause = "a window's length"});
  ASSIGN_OR_RETURN(Expr bound, binder.Bind(expression));
  const auto* value = std::get_if<int64_t>(&bound.literal.data);
  if (bound.kind != Expr::Kind::kLiteral || value == nullptr ||
      !bound.type.Is(TypeRoot::kIntervalDayTime)) {
    return BadWindow(expression.location,
                     absl::StrCat("the ", what, " of a window is of type ",
                                  bound.type.ToString()),
                     "it must be an INTERVAL of days to seconds",
                     "Write INTERVAL '10' SECOND.");
  }
  return *value;
}

absl::Status CheckLengths(const WindowShape& shape, const WindowText& text) {
  if (shape.size_ms <= 0 || shape.step_ms <= 0) {
    return BadWindow(text.location,
                     absl::StrCat(text.function, " needs positive lengths"));
  }
  if (shape.kind == WindowShape::Kind::kCumulate &&
      shape.size_ms % shape.step_ms != 0) {
    return BadWindow(text.location,
                     absl::StrCat("CUMULATE of ", shape.size_ms,
                                  " ms by steps of ", shape.step_ms, " ms"),
                     "the size must be a multiple of the step");
  }
  const int64_t offset =
      shape.offset_ms < 0 ? -shape.offset_ms : shape.offset_ms;
  if (offset >= shape.size_ms) {
    return BadWindow(text.location,
                     absl::StrCat("an offset of ", shape.offset_ms, " ms"),
                     "it must be less than the window's size");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WindowShape> MakeWindowShape(const BindContext& context,
                                            const WindowText& text) {
  WindowShape shape;
  if (text.function == "HOP") shape.kind = WindowShape::Kind::kHop;
  if (text.function == "CUMULATE") shape.kind = WindowShape::Kind::kCumulate;
  ASSIGN_OR_RETURN(shape.size_ms, Millis(context, *text.size, "size"));
  shape.step_ms = shape.size_ms;
  if (text.step != nullptr) {
    ASSIGN_OR_RETURN(shape.step_ms, Millis(context, *text.step, "step"));
  }
  if (text.offset != nullptr) {
    ASSIGN_OR_RETURN(shape.offset_ms, Millis(context, *text.offset, "offset"));
  }
  RETURN_IF_ERROR(CheckLengths(shape, text));
  return shape;
}

absl::StatusOr<LogicalPtr> MakeWindowNode(const BindContext& context,
                                          LogicalPtr input, int time_column,
                                          WindowShape shape,
                                          const SourceLocation& location) {
  const Column time = input->output[time_column];
  if (time.time == TimeAttribute::kNone) {
    return SqlError(
        {.code = "SQL-0130",
         .location = location,
         .what = absl::StrCat("column `", time.name,
                              "` cannot carry a window: it is of type ",
                              time.type.ToString()),
         .why = "windows need a time attribute",
         .fix = "Use the column that the table has a WATERMARK FOR, as it is, "
                "or a computed column AS PROCTIME()."});
  }
  shape.event_time = time.time == TimeAttribute::kRowtime;
  shape.local_time = time.type.Is(TypeRoot::kTimestampLtz);
  ASSIGN_OR_RETURN(const TimeZone zone, context.config->LocalTimeZone());
  shape.time_zone = zone.id();
  auto shared = std::make_shared<const WindowShape>(std::move(shape));

  Schema output = input->output;
  for (Column& column : output) column.time = TimeAttribute::kNone;
  const LogicalType bound = LogicalType::Timestamp(3).NotNull();
  output.push_back({.name = "window_start",
                    .type = bound,
                    .lineage = {{shared, WindowProperty::kStart}}});
  output.push_back({.name = "window_end",
                    .type = bound,
                    .lineage = {{shared, WindowProperty::kEnd}}});
  output.push_back({.name = "window_time",
                    .type = time.type.NotNull(),
                    .time = time.time,
                    .lineage = {{shared, WindowProperty::kTime}}});
  return MakeNode(
      WindowNode{.window = std::move(shared), .time_column = time_column},
      std::move(input), std::move(output));
}

}  // namespace millrace::sql
