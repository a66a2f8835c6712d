#include "sql/parser/token_cursor.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/keywords.h"
#include "sql/parser/parser.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// A longer list of what was expected helps nobody.
constexpr size_t kMostExpected = 12;
// A shorter name is near to every keyword.
constexpr size_t kShortestMisspelt = 3;

std::vector<int> MatchBrackets(const std::vector<Token>& tokens) {
  std::vector<int> partner(tokens.size(), -1);
  std::vector<int> open;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].match == "(") open.push_back(static_cast<int>(i));
    if (tokens[i].match == ")" && !open.empty()) {
      partner[open.back()] = static_cast<int>(i);
      open.pop_back();
    }
  }
  return partner;
}

bool IsWordText(absl::string_view text) {
  return !text.empty() && (text[0] >= 'A' && text[0] <= 'Z');
}

// "`x`", "the string 'abc'", "the end of the text".
std::string Described(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd: return "end of the text";
    case TokenKind::kString: return absl::StrCat("string '", token.text, "'");
    case TokenKind::kBinary: return "binary literal";
    case TokenKind::kExact:
    case TokenKind::kApproximate:
      return absl::StrCat("number ", token.text);
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
    case TokenKind::kSymbol: return absl::StrCat("`", token.text, "`");
  }
  return "";
}

}  // namespace

TokenCursor::TokenCursor(std::vector<Token> tokens, absl::string_view text)
    : tokens_(std::move(tokens)),
      text_(text),
      partner_(MatchBrackets(tokens_)) {}

const Token& TokenCursor::Peek(int ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

const Token& TokenCursor::Take() {
  const Token& token = Peek();
  if (next_ + 1 < tokens_.size()) ++next_;
  return token;
}

bool TokenCursor::At(absl::string_view match) {
  if (Peek().match == match) return true;
  if (asked_at_ != next_) asked_.clear();
  asked_at_ = next_;
  asked_.emplace_back(match);
  return false;
}

bool TokenCursor::AtName(int ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == TokenKind::kQuotedName ||
         (token.kind == TokenKind::kWord && !IsReserved(token.match));
}

bool TokenCursor::Accept(absl::string_view match) {
  if (!At(match)) return false;
  Take();
  return true;
}

bool TokenCursor::Accept(absl::string_view first, absl::string_view second) {
  if (!At(first) || !At(second, 1)) return false;
  Take();
  Take();
  return true;
}

absl::Status TokenCursor::Expect(absl::string_view match) {
  return Accept(match) ? absl::OkStatus() : Unexpected();
}

absl::Status TokenCursor::ExpectClosing(absl::string_view match,
                                        const SourceLocation& open) {
  if (Accept(match)) return absl::OkStatus();
  return Unexpected(absl::StrCat(ExpectedList(), " (for the `", TextOf(open),
                                 "` at line ", open.line, ", column ",
                                 open.column, ")"));
}

absl::StatusOr<Name> TokenCursor::TakeName(absl::string_view what) {
  if (!AtName()) return Unexpected(what);
  return TakeAnyName(what);
}

absl::StatusOr<Name> TokenCursor::TakeAnyName(absl::string_view what) {
  const TokenKind kind = Peek().kind;
  if (kind != TokenKind::kWord && kind != TokenKind::kQuotedName) {
    return Unexpected(what);
  }
  const Token& token = Take();
  return Name{.text = token.text,
              .location = token.location,
              .quoted = kind == TokenKind::kQuotedName};
}

absl::StatusOr<ObjectName> TokenCursor::TakeObjectName(
    absl::string_view what) {
  ObjectName name;
  ASSIGN_OR_RETURN(Name first, TakeName(what));
  name.location = first.location;
  name.parts.push_back(std::move(first));
  while (At(".", 0) && !At("*", 1)) {
    Take();
    ASSIGN_OR_RETURN(Name part, TakeAnyName("a name"));
    name.parts.push_back(std::move(part));
  }
  name.location = Since(name.location);
  return name;
}

absl::StatusOr<std::vector<Name>> TokenCursor::TakeNameList(
    absl::string_view what) {
  const SourceLocation open = Here();
  RETURN_IF_ERROR(Expect("("));
  std::vector<Name> names;
  do {
    ASSIGN_OR_RETURN(Name name, TakeName(what));
    names.push_back(std::move(name));
  } while (Accept(","));
  RETURN_IF_ERROR(ExpectClosing(")", open));
  return names;
}

absl::StatusOr<std::string> TokenCursor::TakeString(absl::string_view what) {
  if (Peek().kind != TokenKind::kString) return Unexpected(what);
  return Take().text;
}

absl::StatusOr<int> TokenCursor::TakeInteger(absl::string_view what) {
  int value = 0;
  if (Peek().kind != TokenKind::kExact ||
      !absl::SimpleAtoi(Peek().text, &value)) {
    return Unexpected(what);
  }
  Take();
  return value;
}

std::string TokenCursor::ExpectedList() const {
  std::vector<std::string> shown;
  if (asked_at_ == next_) {
    for (const std::string& asked : asked_) {
      std::string word = IsWordText(asked) ? asked
                                           : absl::StrCat("`", asked, "`");
      if (std::ranges::find(shown, word) == shown.end()) {
        shown.push_back(std::move(word));
      }
    }
  }
  if (shown.size() > kMostExpected) {
    // What was asked for last is what the parser insisted on.
    std::string last = std::move(shown.back());
    shown.resize(kMostExpected - 1);
    shown.push_back("...");
    return absl::StrCat(absl::StrJoin(shown, ", "), " or ", last);
  }
  if (shown.empty()) return "";
  if (shown.size() == 1) return shown[0];
  const std::string last = std::move(shown.back());
  shown.pop_back();
  return absl::StrCat(absl::StrJoin(shown, ", "), " or ", last);
}

std::string TokenCursor::Suggestion() const {
  const Token& token = Peek();
  std::vector<std::string> words;
  if (asked_at_ == next_) {
    std::ranges::copy_if(asked_, std::back_inserter(words), IsWordText);
  }
  if (token.kind == TokenKind::kWord &&
      token.text.size() >= kShortestMisspelt) {
    const std::string hint = DidYouMean(token.match, words);
    if (!hint.empty()) return hint;
  }
  if (next_ == 0) return "";
  // A misspelt keyword passes for an alias; the fault shows one token later.
  const Token& before = tokens_[next_ - 1];
  if (before.kind == TokenKind::kWord && !IsReserved(before.match) &&
      before.text.size() >= kShortestMisspelt) {
    const std::string nearest = NearestName(before.match, words);
    if (!nearest.empty()) {
      return absl::StrCat("Did you mean `", nearest, "` instead of `",
                          before.text, "`?");
    }
  }
  const bool nothing_more = token.kind == TokenKind::kEnd ||
                            token.match == ")" || IsReserved(token.match);
  if (before.match == "," && nothing_more) {
    return absl::StrCat("Remove the comma at line ", before.location.line,
                        ", column ", before.location.column,
                        ", or write what it announces");
  }
  return "";
}

absl::Status TokenCursor::Unexpected(absl::string_view expected) {
  const Token& token = Peek();
  std::string fix = Suggestion();
  const bool reserved =
      token.kind == TokenKind::kWord && IsReserved(token.match);
  if (fix.empty() && reserved && absl::StrContains(expected, "name")) {
    fix = absl::StrCat("If it is a name, put it in backticks: `", token.text,
                       "`");
  }
  const std::string list =
      expected.empty() ? ExpectedList() : std::string(expected);
  return SqlError({.code = "SQL-0001",
                   .location = token.location,
                   .what = absl::StrCat("unexpected ", Described(token)),
                   .why = list.empty() ? "" : absl::StrCat("expected ", list),
                   .fix = std::move(fix)});
}

SourceLocation TokenCursor::Since(const SourceLocation& start) const {
  return next_ == 0 ? start : Span(start, tokens_[next_ - 1].location);
}

int TokenCursor::DistanceBehindClosing(int ahead) const {
  const size_t open = next_ + ahead;
  if (open >= partner_.size() || partner_[open] < 0) return 0;
  return partner_[open] + 1 - static_cast<int>(next_);
}

absl::Status TokenCursor::TooDeep(const SourceLocation& location) const {
  return SqlError({.code = "SQL-0004",
                   .location = location,
                   .what = "nested too deeply",
                   .fix = "Split it up, for instance into views; write long "
                          "chains of OR with IN (...)"});
}

absl::Status TokenCursor::Enter(int cost) {
  if (nesting_ + cost > kMaxNesting) return TooDeep(Here());
  nesting_ += cost;
  return absl::OkStatus();
}

absl::Status TokenCursor::CheckHeight(int height,
                                      const SourceLocation& location) const {
  return height > kMaxNesting ? TooDeep(location) : absl::OkStatus();
}

}  // namespace millrace::sql
