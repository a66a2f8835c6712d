#include "sql/parser/lexer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/character_reader.h"
#include "sql/parser/sql_error.h"
#include "sql/parser/string_escape.h"

namespace millrace::sql {
namespace {

// Longest first. No `>>`: it closes two type parameters.
constexpr absl::string_view kSymbols[] = {
    "<>", "<=", ">=", "!=", "||", "=>", "->", "(", ")", "[", "]", "{", "}",
    ",",  ".",  ";",  "+",  "-",  "*",  "/",  "%", "=", "<", ">", ":", "?",
    "|",  "^",  "$"};

bool StartsWord(char c) {
  return absl::ascii_isalpha(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool ContinuesWord(char c) {
  return StartsWord(c) || absl::ascii_isdigit(c) || c == '$';
}

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : reader_(text) {}

  absl::StatusOr<std::vector<Token>> Run();

 private:
  absl::Status SkipBlanks();
  absl::Status SkipComment();
  absl::Status Next();
  absl::Status TakeWord();
  absl::Status TakeNumber();
  absl::Status TakeSymbol();
  absl::Status TakeString(TokenKind kind);
  absl::Status TakeUnicodeString();
  absl::Status SkipCharacter();
  // From the quote under the reader to its partner; two in a row are one.
  absl::StatusOr<std::string> Quoted(absl::string_view what);
  absl::Status Bad(const SourceLocation& location, absl::string_view what,
                   absl::string_view fix);
  void Add(TokenKind kind, std::string text, std::string match = "");

  CharacterReader reader_;
  std::vector<Token> tokens_;
  SourceLocation start_;  // Of the token under way.
  bool in_hint_ = false;
  SourceLocation hint_start_;
};

absl::StatusOr<std::vector<Token>> Lexer::Run() {
  RETURN_IF_ERROR(SkipBlanks());
  while (!reader_.AtEnd()) {
    start_ = reader_.Here();
    RETURN_IF_ERROR(Next());
    RETURN_IF_ERROR(SkipBlanks());
  }
  if (in_hint_) {
    return Bad(hint_start_, "the hint that opens here is not closed",
               "Close it with */");
  }
  start_ = reader_.Here();
  Add(TokenKind::kEnd, "");
  return std::move(tokens_);
}

absl::Status Lexer::Bad(const SourceLocation& location, absl::string_view what,
                        absl::string_view fix) {
  return SqlError({.code = "SQL-0003",
                   .location = location,
                   .what = std::string(what),
                   .fix = std::string(fix)});
}

void Lexer::Add(TokenKind kind, std::string text, std::string match) {
  tokens_.push_back({.kind = kind,
                     .text = std::move(text),
                     .match = std::move(match),
                     .location = reader_.From(start_)});
}

absl::Status Lexer::SkipCharacter() {
  if (reader_.Skip()) return absl::OkStatus();
  SourceLocation location = reader_.Here();
  location.length = 1;
  return Bad(location, "the text is not UTF-8 here", "Save it as UTF-8");
}

absl::Status Lexer::SkipBlanks() {
  while (!reader_.AtEnd()) {
    if (absl::ascii_isspace(reader_.Peek())) {
      RETURN_IF_ERROR(SkipCharacter());
    } else if (reader_.StartsWith("--") || reader_.StartsWith("//")) {
      while (!reader_.AtEnd() && reader_.Peek() != '\n') {
        RETURN_IF_ERROR(SkipCharacter());
      }
    } else if (reader_.StartsWith("/*") && reader_.Peek(2) != '+') {
      RETURN_IF_ERROR(SkipComment());
    } else {
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Lexer::SkipComment() {
  SourceLocation start = reader_.Here();
  reader_.SkipAscii(2);
  while (!reader_.StartsWith("*/")) {
    if (reader_.AtEnd()) {
      start.length = 2;
      return Bad(start, "the comment that opens here is not closed",
                 "Close it with */");
    }
    RETURN_IF_ERROR(SkipCharacter());
  }
  reader_.SkipAscii(2);
  return absl::OkStatus();
}

absl::Status Lexer::Next() {
  const char c = reader_.Peek();
  if (absl::ascii_isdigit(c) ||
      (c == '.' && absl::ascii_isdigit(reader_.Peek(1)))) {
    return TakeNumber();
  }
  if (c == '\'') return TakeString(TokenKind::kString);
  if (c == '`') {
    ASSIGN_OR_RETURN(std::string name, Quoted("name"));
    if (name.empty()) {
      return Bad(reader_.From(start_), "an empty name",
                 "Put the name between the backticks");
    }
    Add(TokenKind::kQuotedName, std::move(name));
    return absl::OkStatus();
  }
  // A $ alone is an anchor of MATCH_RECOGNIZE, more is a generated name.
  const bool generated = c == '$' && ContinuesWord(reader_.Peek(1));
  return StartsWord(c) || generated ? TakeWord() : TakeSymbol();
}

absl::Status Lexer::TakeWord() {
  if ((reader_.Peek() == 'U' || reader_.Peek() == 'u') &&
      reader_.Peek(1) == '&' && reader_.Peek(2) == '\'') {
    return TakeUnicodeString();
  }
  while (!reader_.AtEnd() && ContinuesWord(reader_.Peek())) {
    RETURN_IF_ERROR(SkipCharacter());
  }
  std::string word(reader_.TextFrom(start_));
  std::string match = absl::AsciiStrToUpper(word);
  if (reader_.Peek() == '\'') {
    if (match == "X") return TakeString(TokenKind::kBinary);
    // A character set in front: the text is UTF-8 whatever it says.
    if (match == "N" || match == "_UTF8" || match == "_UTF16" ||
        match == "_UTF32" || match == "_LATIN1" || match == "_ISO88591" ||
        match == "_ASCII") {
      return TakeString(TokenKind::kString);
    }
  }
  Add(TokenKind::kWord, std::move(word), std::move(match));
  return absl::OkStatus();
}

absl::Status Lexer::TakeNumber() {
  const auto digits = [this] {
    while (absl::ascii_isdigit(reader_.Peek())) reader_.SkipAscii(1);
  };
  digits();
  if (reader_.Peek() == '.') {
    reader_.SkipAscii(1);
    digits();
  }
  TokenKind kind = TokenKind::kExact;
  if (reader_.Peek() == 'e' || reader_.Peek() == 'E') {
    const bool sign = reader_.Peek(1) == '+' || reader_.Peek(1) == '-';
    if (absl::ascii_isdigit(reader_.Peek(sign ? 2 : 1))) {
      kind = TokenKind::kApproximate;
      reader_.SkipAscii(sign ? 2 : 1);
      digits();
    } else if (!ContinuesWord(reader_.Peek(1))) {
      reader_.SkipAscii(sign ? 2 : 1);
      return Bad(reader_.From(start_), "the number has no exponent",
                 "Write digits behind the E, as in 1.5e3");
    }
  }
  Add(kind, std::string(reader_.TextFrom(start_)));
  return absl::OkStatus();
}

absl::Status Lexer::TakeSymbol() {
  if (reader_.StartsWith("/*+")) {
    reader_.SkipAscii(3);
    Add(TokenKind::kSymbol, "/*+", "/*+");
    in_hint_ = true;
    hint_start_ = tokens_.back().location;
    return absl::OkStatus();
  }
  if (in_hint_ && reader_.StartsWith("*/")) {
    reader_.SkipAscii(2);
    Add(TokenKind::kSymbol, "*/", "*/");
    in_hint_ = false;
    return absl::OkStatus();
  }
  for (const absl::string_view symbol : kSymbols) {
    if (!reader_.StartsWith(symbol)) continue;
    reader_.SkipAscii(static_cast<int>(symbol.size()));
    Add(TokenKind::kSymbol, std::string(symbol), std::string(symbol));
    return absl::OkStatus();
  }
  const char c = reader_.Peek();
  SourceLocation location = start_;
  location.length = 1;
  if (c == '"') {
    return Bad(location, "double quotes mean nothing here",
               "Put names in `backticks` and strings in 'single quotes'");
  }
  return Bad(location,
             absl::StrCat("unexpected character `",
                          absl::CHexEscape(absl::string_view(&c, 1)), "`"),
             "Remove it");
}

absl::Status Lexer::TakeString(TokenKind kind) {
  ASSIGN_OR_RETURN(std::string text, Quoted("string"));
  if (kind == TokenKind::kBinary) {
    ASSIGN_OR_RETURN(text, DecodeHex(text, reader_.From(start_)));
  }
  Add(kind, std::move(text));
  return absl::OkStatus();
}

// U&'text' [UESCAPE 'c']
absl::Status Lexer::TakeUnicodeString() {
  reader_.SkipAscii(2);
  ASSIGN_OR_RETURN(const std::string quoted, Quoted("string"));
  const SourceLocation location = reader_.From(start_);
  char escape = '\\';
  CharacterReader before = reader_;
  RETURN_IF_ERROR(SkipBlanks());
  if (absl::StartsWithIgnoreCase(reader_.Rest(), "UESCAPE")) {
    reader_.SkipAscii(7);
    RETURN_IF_ERROR(SkipBlanks());
    const SourceLocation at = reader_.Here();
    std::string character;
    if (reader_.Peek() == '\'') {
      ASSIGN_OR_RETURN(character, Quoted("string"));
    }
    if (character.size() != 1 || absl::ascii_isxdigit(character[0]) ||
        absl::ascii_isspace(character[0]) || character[0] == '+') {
      return Bad(reader_.From(at), "UESCAPE takes one character",
                 "Write UESCAPE '!', with no hex digit, plus or blank");
    }
    escape = character[0];
  } else {
    reader_ = before;
  }
  ASSIGN_OR_RETURN(std::string text, DecodeUnicode(quoted, escape, location));
  Add(TokenKind::kString, std::move(text));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Lexer::Quoted(absl::string_view what) {
  const char quote = reader_.Peek();
  SourceLocation open = reader_.Here();
  open.length = 1;
  reader_.SkipAscii(1);
  std::string text;
  while (true) {
    if (reader_.AtEnd()) {
      return Bad(open,
                 absl::StrCat("the ", what, " that opens here is not closed"),
                 absl::StrCat("Close it with ", std::string(1, quote),
                              "; write two of them for one inside"));
    }
    if (reader_.Peek() == quote) {
      if (reader_.Peek(1) != quote) break;
      reader_.SkipAscii(1);
    }
    const SourceLocation at = reader_.Here();
    RETURN_IF_ERROR(SkipCharacter());
    absl::StrAppend(&text, reader_.TextFrom(at));
  }
  reader_.SkipAscii(1);
  return text;
}

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text) {
  // Offsets are 32 bits; no person writes so much.
  constexpr size_t kLongestText = size_t{64} << 20;
  if (text.size() > kLongestText) {
    return SqlError({.code = "SQL-0003",
                     .what = "the text is longer than 64 MiB",
                     .fix = "Split it into several files"});
  }
  return Lexer(text).Run();
}

}  // namespace millrace::sql
