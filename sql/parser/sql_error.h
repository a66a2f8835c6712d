#pragma once

#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// Errors about SQL text, of the parser, the binder and the planner.
//
// SqlError makes the status where the fault is known; the text need not be at
// hand. WithSnippet, called once where the text is, puts the source line and
// the carets into the message:
//
//   SQL-0012: column `prce` does not exist, at line 3, column 8
//     SELECT prce FROM bid
//            ^^^^
//   Did you mean `price`?

// The parser's own codes:
//   SQL-0001  a token that cannot stand where it stands
//   SQL-0002  a production of Flink that is not built yet (all of sql/)
//   SQL-0003  text that is no token: unclosed strings, bad escapes...
//   SQL-0004  nested too deeply
//   SQL-0005  a number out of its range: DECIMAL(50, 2)
//   SQL-0006  an unknown data type
//   SQL-0007  a statement in a statement set that cannot be there
// The binder's and planner's begin at SQL-0010.

struct SqlErrorInfo {
  absl::string_view code;  // "SQL-0012", listed in docs/errors.md
  SourceLocation location;
  std::string what;
  std::string why;  // may be empty
  std::string fix;  // a sentence; may be empty
};

// kInvalidArgument. The message is one line: "SQL-0012: what, at line 3,
// column 8: why. fix".
absl::Status SqlError(const SqlErrorInfo& info);

// kUnimplemented: a production of Flink that is not built yet, "SQL-0002:
// `what` is not built yet, at line 3, column 8. fix".
absl::Status NotBuiltYet(const SourceLocation& location,
                         absl::string_view what, absl::string_view fix = {});

// "Did you mean `price`?", or "" if no candidate is near `name`.
std::string DidYouMean(absl::string_view name,
                       std::span<const std::string> candidates);

// Where a SqlError points; nullopt for every other status.
std::optional<SourceLocation> ErrorLocation(const absl::Status& status);

// The message with the source line, carets and the fix on a line of its own.
// Anything but a SqlError, and one that has its snippet, is returned as it
// is. `text` is what the location counts in. Long lines are cut around the
// caret, tabs become spaces.
absl::Status WithSnippet(const absl::Status& status, absl::string_view text);

}  // namespace millrace::sql
