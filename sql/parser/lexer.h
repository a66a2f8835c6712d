#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

enum class TokenKind : uint8_t {
  kWord,         // a keyword or bare identifier
  kQuotedName,   // `name`
  kString,       // 'text', _UTF16'text', N'text', U&'text'
  kBinary,       // X'0aff'
  kExact,        // 12, 1.5
  kApproximate,  // 1.5e3
  kSymbol,       // operators and punctuation; "/*+" and the "*/" of a hint
  kEnd,          // behind the last token; always there
};

// `text`: a word as written, a string with its escapes resolved, the bytes of
// a binary, a number as written. `match`: a word in capitals or a symbol, for
// comparing with keywords; empty for all other kinds.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::string match;
  SourceLocation location;
};

// Flink SQL text to tokens; comments (`-- `, `//`, `/* */`) are dropped, hints
// are not. Fails (SQL-0003) at what is no token: an unclosed string, name,
// comment or hint (the error points at where it opened), a malformed escape
// or number, a stray character, a byte that is no UTF-8.
absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text);

}  // namespace millrace::sql
