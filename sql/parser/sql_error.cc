#include "sql/parser/sql_error.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "sql/parser/source_text.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kLocationPayload = "millrace/sql-location";
// The fix, as long as no snippet stands in the message.
constexpr absl::string_view kPendingFixPayload = "millrace/sql-pending-fix";

// A terminal line; longer source lines are cut around the caret.
constexpr int kSnippetCharacters = 100;

absl::Status Located(absl::StatusCode code, const SourceLocation& location,
                     ErrorInfo info) {
  info.where = absl::StrCat("line ", location.line, ", column ",
                            location.column);
  absl::Status status = MakeError(code, info);
  status.SetPayload(
      kLocationPayload,
      absl::Cord(absl::StrCat(location.line, ",", location.column, ",",
                              location.offset, ",", location.length)));
  status.SetPayload(kPendingFixPayload, absl::Cord(info.fix));
  return status;
}

// The characters of `line` as one string each, so that they can be counted
// off; control characters become spaces.
std::vector<absl::string_view> Characters(absl::string_view line) {
  std::vector<absl::string_view> characters;
  while (!line.empty()) {
    const int bytes = std::max(CharacterBytes(line), 1);
    const bool control = absl::ascii_iscntrl(line[0]) || line[0] == '\t';
    characters.push_back(control ? " " : line.substr(0, bytes));
    line.remove_prefix(bytes);
  }
  return characters;
}

std::string Snippet(absl::string_view text, const SourceLocation& location) {
  const absl::string_view line = LineOf(text, location);
  const std::vector<absl::string_view> characters = Characters(line);
  const int total = static_cast<int>(characters.size());
  const int start = std::min(location.column - 1, total);
  const size_t marked =
      std::min<size_t>(location.length, line.end() - text.begin() -
                                            std::min<size_t>(location.offset,
                                                             text.size()));
  int carets = CharacterCount(
      text.substr(std::min<size_t>(location.offset, text.size()), marked));
  carets = std::clamp(carets, 1, std::max(total - start, 1));

  int first = 0;
  int limit = total;
  if (total > kSnippetCharacters) {
    first = std::clamp(start - kSnippetCharacters / 3, 0,
                       total - kSnippetCharacters);
    limit = first + kSnippetCharacters;
    carets = std::clamp(carets, 1, std::max(limit - start, 1));
  }
  std::string shown(first > 0 ? "..." : "");
  std::string below(shown.size(), ' ');
  below.append(start - first, ' ').append(carets, '^');
  for (int i = first; i < limit; ++i) absl::StrAppend(&shown, characters[i]);
  if (limit < total) shown.append("...");
  return absl::StrCat("  ", shown, "\n  ", below);
}

}  // namespace

absl::Status SqlError(const SqlErrorInfo& info) {
  return Located(absl::StatusCode::kInvalidArgument, info.location,
                 {.code = info.code,
                  .what = info.what,
                  .why = info.why,
                  .fix = info.fix});
}

absl::Status NotBuiltYet(const SourceLocation& location,
                         absl::string_view what, absl::string_view fix) {
  return Located(absl::StatusCode::kUnimplemented, location,
                 {.code = "SQL-0002",
                  .what = absl::StrCat(what, " is not built yet"),
                  .fix = std::string(fix)});
}

std::string DidYouMean(absl::string_view name,
                       std::span<const std::string> candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? ""
                         : absl::StrCat("Did you mean `", nearest, "`?");
}

std::optional<SourceLocation> ErrorLocation(const absl::Status& status) {
  const auto payload = status.GetPayload(kLocationPayload);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  SourceLocation location;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &location.line) ||
      !absl::SimpleAtoi(parts[1], &location.column) ||
      !absl::SimpleAtoi(parts[2], &location.offset) ||
      !absl::SimpleAtoi(parts[3], &location.length)) {
    return std::nullopt;
  }
  return location;
}

absl::Status WithSnippet(const absl::Status& status, absl::string_view text) {
  const auto location = ErrorLocation(status);
  const auto pending = status.GetPayload(kPendingFixPayload);
  if (!location || !pending) return status;
  const std::string fix(*pending);
  absl::string_view head = status.message();
  if (!fix.empty() && absl::EndsWith(head, fix)) {
    head.remove_suffix(fix.size());
    head = absl::StripSuffix(absl::StripTrailingAsciiWhitespace(head), ".");
  }
  std::string message = absl::StrCat(head, "\n", Snippet(text, *location));
  if (!fix.empty()) absl::StrAppend(&message, "\n", fix);
  absl::Status shown(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (url != kPendingFixPayload) shown.SetPayload(url, payload);
  });
  return shown;
}

}  // namespace millrace::sql
