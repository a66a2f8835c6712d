#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// What a person is told when something of theirs cannot be done.
//
// `code` is stable and looked up in docs/errors.md: three letters of the room
// and four digits, "SQL-0012", "SRC-0042". The rooms' letters: SQL text and
// planning, EXP expressions at run time, SRC sources and formats read, SNK
// sinks and formats written, CFG configuration, JOB running jobs, CLI command
// line. `where` names the place in the user's words: line and column, topic
// and offset, file and byte, operator and column. `fix` is an instruction.
struct ErrorInfo {
  absl::string_view code;
  std::string what;
  std::string where;
  std::string why;
  std::string fix;
};

// A status that carries `info`. `status_code` says who acts (STYLE.md 16). The
// message reads "SRC-0042: what, at where: why. fix"; empty parts are left
// out.
absl::Status MakeError(absl::StatusCode status_code, const ErrorInfo& info);

inline absl::Status UserError(const ErrorInfo& info) {
  return MakeError(absl::StatusCode::kInvalidArgument, info);
}

// The stable code of a status made by MakeError; nullopt for any other.
std::optional<std::string> ErrorCode(const absl::Status& status);

// `status` with "`context`: " before its message; its code and payloads stay.
// OK stays OK. Once per border, values last.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace millrace
