#include "sql/parser/lexer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

using ::testing::HasSubstr;

// Texts of all tokens between bars; strings in quotes, quoted names in
// backticks.
std::string Tokens(absl::string_view text) {
  const auto tokens = Tokenize(text);
  if (!tokens.ok()) return std::string(tokens.status().message());
  std::vector<std::string> shown;
  for (const Token& token : *tokens) {
    if (token.kind == TokenKind::kEnd) break;
    const absl::string_view quote =
        token.kind == TokenKind::kString       ? "'"
        : token.kind == TokenKind::kQuotedName ? "`"
                                               : "";
    shown.push_back(absl::StrCat(quote, token.text, quote));
  }
  return absl::StrJoin(shown, "|");
}

TEST(LexerTest, CutsTextIntoTokens) {
  const struct {
    absl::string_view text;
    absl::string_view tokens;
  } kCases[] = {
      {"", ""},
      {"SELECT a.b", "SELECT|a|.|b"},
      {"a<=b<>c!=d||e=>f", "a|<=|b|<>|c|!=|d||||e|=>|f"},
      {"1 1.5 .5 2. 1e3 1.5E-3 1e+2", "1|1.5|.5|2.|1e3|1.5E-3|1e+2"},
      {"a -- rest\nb // rest\nc /* x \n y */ d", "a|b|c|d"},
      {"'it''s' '' 'a\nb'", "'it's'|''|'a\nb'"},
      {"`a``b` `select`", "`a`b`|`select`"},
      {"/*+ A('k'='v') */ */", "/*+|A|(|'k'|=|'v'|)|*/|*|/"},
      {"_UTF16'x' n'y' U&'\\0041\\+01F600\\\\'", "'x'|'y'|'A\U0001F600\\'"},
      {"U&'!00e9' UESCAPE '!'", "'\u00e9'"},
      {"U&'\\D83D\\DE00'", "'\U0001F600'"},
      {"X'4aFf' ", "J\xff"},
      {"stra\u00dfe $$T a$b", "stra\u00dfe|$$T|a$b"},
      {"MAP<INT,ARRAY<INT>>", "MAP|<|INT|,|ARRAY|<|INT|>|>"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Tokens(test.text), test.tokens) << test.text;
  }
}

TEST(LexerTest, SaysWhatIsNoToken) {
  const struct {
    absl::string_view text;
    absl::string_view message;
  } kCases[] = {
      {"a 'b", "the string that opens here is not closed, at line 1, column 3"},
      {"a\n`b", "the name that opens here is not closed, at line 2, column 1"},
      {"/* b", "the comment that opens here is not closed, at line 1"},
      {"/*+ b", "the hint that opens here is not closed, at line 1"},
      {"``", "an empty name"},
      {"\"a\"", "double quotes mean nothing here"},
      {"a # b", "unexpected character `#`, at line 1, column 3"},
      {"a \x01", "unexpected character `\\x01`"},
      {"a \xff", "the text is not UTF-8 here, at line 1, column 3"},
      {"'\xed\xa0\x80'", "the text is not UTF-8 here"},
      {"1.5e", "the number has no exponent"},
      {"X'abc'", "two hex digits a byte"},
      {"X'zz'", "hex digits only"},
      {"U&'\\00'", "malformed unicode escape"},
      {"U&'\\D83D'", "malformed unicode escape"},
      {"U&'a' UESCAPE 'ab'", "UESCAPE takes one character"},
  };
  for (const auto& test : kCases) {
    const auto tokens = Tokenize(test.text);
    ASSERT_FALSE(tokens.ok()) << test.text;
    EXPECT_THAT(tokens.status().message(), HasSubstr(test.message));
    EXPECT_EQ(ErrorCode(tokens.status()), "SQL-0003");
  }
}

TEST(LexerTest, CountsLinesInLinesAndColumnsInCharacters) {
  const auto tokens = Tokenize("a\n '\u00e4\u20ac' b");
  ASSERT_TRUE(tokens.ok());
  const SourceLocation kString{
      .line = 2, .column = 2, .offset = 3, .length = 7};
  const SourceLocation kName{
      .line = 2, .column = 7, .offset = 11, .length = 1};
  EXPECT_EQ((*tokens)[1].location, kString);
  EXPECT_EQ((*tokens)[2].location, kName);
}

}  // namespace
}  // namespace millrace::sql
