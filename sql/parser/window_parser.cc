#include "sql/parser/window_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"

namespace millrace::sql {

absl::StatusOr<WindowSpec> WindowParser::ParseOver() {
  if (cursor_.At("(")) return ParseSpec();
  WindowSpec spec;
  spec.parenthesized = false;
  ASSIGN_OR_RETURN(spec.base, cursor_.TakeName("`(` or the name of a window"));
  spec.location = spec.base->location;
  return spec;
}

absl::StatusOr<WindowSpec> WindowParser::ParseSpec() {
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  WindowSpec spec;
  ExpressionParser expressions(cursor_);
  const bool frame_word = cursor_.At("ROWS", 0) || cursor_.At("RANGE", 0);
  if (cursor_.AtName() && !frame_word) {
    ASSIGN_OR_RETURN(spec.base, cursor_.TakeName("the name of a window"));
  }
  if (cursor_.Accept("PARTITION")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(spec.partition_by, expressions.ParseList());
  }
  if (cursor_.Accept("ORDER")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(spec.order_by, expressions.ParseOrderItems());
  }
  if (cursor_.At("ROWS") || cursor_.At("RANGE")) {
    ASSIGN_OR_RETURN(spec.frame, ParseFrame());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  spec.location = cursor_.Since(open);
  return spec;
}

absl::StatusOr<WindowFrame> WindowParser::ParseFrame() {
  WindowFrame frame{.rows = cursor_.Take().match == "ROWS"};
  frame.end.kind = FrameBoundKind::kCurrentRow;
  const bool between = cursor_.Accept("BETWEEN");
  ASSIGN_OR_RETURN(frame.start, ParseBound());
  if (between) {
    RETURN_IF_ERROR(cursor_.Expect("AND"));
    ASSIGN_OR_RETURN(frame.end, ParseBound());
  }
  return frame;
}

absl::StatusOr<FrameBound> WindowParser::ParseBound() {
  FrameBound bound;
  if (cursor_.Accept("CURRENT")) {
    RETURN_IF_ERROR(cursor_.Expect("ROW"));
    bound.kind = FrameBoundKind::kCurrentRow;
    return bound;
  }
  const bool unbounded = cursor_.Accept("UNBOUNDED");
  if (!unbounded) {
    // Above AND, which parts the two bounds.
    ASSIGN_OR_RETURN(bound.offset,
                     ExpressionParser(cursor_).Parse(kAndPrecedence + 1));
  }
  const bool preceding = cursor_.Accept("PRECEDING");
  if (!preceding) RETURN_IF_ERROR(cursor_.Expect("FOLLOWING"));
  bound.kind = unbounded ? (preceding ? FrameBoundKind::kUnboundedPreceding
                                      : FrameBoundKind::kUnboundedFollowing)
                         : (preceding ? FrameBoundKind::kPreceding
                                      : FrameBoundKind::kFollowing);
  return bound;
}

}  // namespace millrace::sql
