#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sql/parser/ast.h"
#include "sql/parser/lexer.h"

namespace millrace::sql {

// Where the parsers stand in the tokens, and how they complain. Keywords and
// symbols are named by their text in capitals ("SELECT", "<="). A keyword or
// symbol that was asked for and not found at a place is remembered until the
// cursor moves on: the error there lists what could have stood.
class TokenCursor {
 public:
  // `text` is what the tokens were cut from and must outlive the cursor.
  TokenCursor(std::vector<Token> tokens, absl::string_view text);

  const Token& Peek(int ahead = 0) const;
  const Token& Take();
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }

  // Whether `match` is next. With `ahead` nothing is remembered.
  bool At(absl::string_view match);
  bool At(absl::string_view match, int ahead) const {
    return Peek(ahead).match == match;
  }
  // Whether a bare or quoted name that is not reserved is next.
  bool AtName(int ahead = 0) const;
  // Takes `match`, or both words in a row, if they are next.
  bool Accept(absl::string_view match);
  bool Accept(absl::string_view first, absl::string_view second);
  absl::Status Expect(absl::string_view match);
  // The partner of the bracket at `open`, which the error then names.
  absl::Status ExpectClosing(absl::string_view match,
                             const SourceLocation& open);

  // `what` words the error: "a table name".
  absl::StatusOr<Name> TakeName(absl::string_view what);
  // Reserved words too: behind a dot, in front of =>.
  absl::StatusOr<Name> TakeAnyName(absl::string_view what);
  absl::StatusOr<ObjectName> TakeObjectName(absl::string_view what);
  // (a, b, c)
  absl::StatusOr<std::vector<Name>> TakeNameList(absl::string_view what);
  absl::StatusOr<std::string> TakeString(absl::string_view what);
  // A number without fraction, in [0, 2^31).
  absl::StatusOr<int> TakeInteger(absl::string_view what);

  // SQL-0001 at the next token. `expected` words what could stand there;
  // empty: what was asked for here.
  absl::Status Unexpected(absl::string_view expected = {});

  // From the first byte of `start` to the last token taken.
  SourceLocation Since(const SourceLocation& start) const;
  SourceLocation Here() const { return Peek().location; }
  absl::string_view TextOf(const SourceLocation& location) const {
    return text_.substr(location.offset, location.length);
  }

  // Tokens from the ( that is `ahead` to behind its partner; 0: it has none.
  int DistanceBehindClosing(int ahead) const;

  // SQL-0004 when `cost` more levels would pass kMaxNesting; else they count
  // until Leave.
  absl::Status Enter(int cost);
  void Leave(int cost) { nesting_ -= cost; }
  // SQL-0004 for a tree of such height.
  absl::Status CheckHeight(int height, const SourceLocation& location) const;

 private:
  absl::Status TooDeep(const SourceLocation& location) const;
  std::string ExpectedList() const;
  std::string Suggestion() const;

  std::vector<Token> tokens_;
  absl::string_view text_;
  std::vector<int> partner_;  // Index of the closing bracket; -1: none.
  size_t next_ = 0;
  std::vector<std::string> asked_;  // For at place `asked_at_`.
  size_t asked_at_ = 0;
  int nesting_ = 0;
};

// Counts levels for as long as it lives. REQUIRES: Enter(cost) was OK.
class NestingScope {
 public:
  NestingScope(TokenCursor& cursor, int cost) : cursor_(cursor), cost_(cost) {}
  ~NestingScope() { cursor_.Leave(cost_); }
  NestingScope(const NestingScope&) = delete;
  NestingScope& operator=(const NestingScope&) = delete;

 private:
  TokenCursor& cursor_;
  int cost_;
};

}  // namespace millrace::sql
