#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/functions_regex_literal.h"
#include "runtime/expr/functions_regex_pattern.h"

namespace millrace::functions_regex_test {
namespace {

void ExpectAll(const std::vector<FunctionCase>& table) {
  const FunctionCaller caller(RegisterRegexFunctions);
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
}

TEST(RegexFunctions, FindTheFirstMatch) {
  const char* const url =
      "https://www.nexmark.com/abc/item.htm?query=1&channel_id=1234&x=2";
  const char* const channel = "(&|^)channel_id=([^&]*)";
  ExpectAll({
      {"REGEXP_EXTRACT", {"foothebar", "foo(.*?)(bar)", 2}, "bar"},
      {"REGEXP_EXTRACT", {"foothebar", "foo(.*?)(bar)"}, "foothebar"},
      {"REGEXP_EXTRACT", {"foothebar", "foo(.*?)(bar)", 3}, "NULL"},
      {"REGEXP_EXTRACT", {"foothebar", "foo(.*?)(bar)", -1}, "NULL"},
      {"REGEXP_EXTRACT", {"foothebar", "foo(", 0}, "NULL"},
      {"REGEXP_EXTRACT", {"ab", "(a)|(b)", 2}, "NULL"},
      {"REGEXP_EXTRACT", {nullptr, "a"}, "NULL"},
      {"REGEXP_EXTRACT", {url, channel, 2}, "1234"},
      {"REGEXP_EXTRACT", {"channel_id=7", channel, 2}, "7"},
      {"REGEXP_EXTRACT", {"channel_id7", channel, 2}, "NULL"},
      {"REGEXP_EXTRACT", {"xchannel_id=7&channel_id=8", channel, 2}, "8"},
      {"REGEXP_EXTRACT", {"世界&channel_id=界", channel, 2}, "界"},
      {"REGEXP_SUBSTR", {"abc123xyz456", "\\d"}, "1"},
      {"REGEXP_SUBSTR", {"100-200", "[a-z]"}, "NULL"},
      {"REGEXP_INSTR", {"Helloworld! Hello everyone!", "\\bHello\\b"}, "13"},
      {"REGEXP_INSTR", {"😀a", "a"}, "3"},
      {"REGEXP_INSTR", {"abc", "("}, "NULL"},
      {"REGEXP_INSTR", {"abc", "z"}, "0"},
      {"REGEXP", {"a", "a"}, "TRUE"},
      {"REGEXP", {"a", ""}, "FALSE"},
      {"REGEXP", {"a", "("}, "FALSE"},
      {"REGEXP", {"100-200", nullptr}, "NULL"},
  });
}

TEST(RegexFunctions, FindEveryMatch) {
  ExpectAll({
      {"REGEXP_COUNT", {"abcabcabc", "abcab"}, "1"},
      {"REGEXP_COUNT", {"a.b.c.d", "\\."}, "3"},
      {"REGEXP_COUNT", {"abc", ""}, "4"},
      {"REGEXP_COUNT", {"abcd", "("}, "NULL"},
      {"REGEXP_REPLACE", {"foobar", "oo|ar", ""}, "fb"},
      {"REGEXP_REPLACE", {"foofar", "^f", ""}, "oofar"},
      {"REGEXP_REPLACE", {"foobar", "^f*.*r$", ""}, ""},
      {"REGEXP_REPLACE", {"foobar", "\\d", ""}, "foobar"},
      {"REGEXP_REPLACE", {"foobar", "o(.)", "$1-"}, "f$1-bar"},
      {"REGEXP_REPLACE", {"abc", "", "-"}, "-a-b-c-"},
      {"REGEXP_REPLACE", {"abc", "(", "-"}, "NULL"},
      {"REGEXP_EXTRACT_ALL", {"100-200, 300-400", "(\\d+)-(\\d+)", 1},
       "[100, 300]"},
      {"REGEXP_EXTRACT_ALL", {"abcdeabde", "ab((c)|(.?))de", 2},
       "[c, NULL]"},
      {"REGEXP_EXTRACT_ALL", {"abcdeabde", "", 0}, "[, , , , , , , , , ]"},
      {"REGEXP_EXTRACT_ALL", {"100-200", "[a-z]", 0}, "[]"},
      {"REGEXP_EXTRACT_ALL", {"abc", "abc"}, "NULL"},
      {"STR_TO_MAP", {"k1=v1,k2=v2"}, "{k1=v1, k2=v2}"},
      {"STR_TO_MAP", {"k1$$v1|k2$$ v2", "\\|", "\\$\\$"},
       "{k1=v1, k2= v2}"},
      {"STR_TO_MAP", {""}, "{}"},
      {"STR_TO_MAP", {"k1,k2=,k1=3,,"}, "{k1=3, k2=}"},
      {"STR_TO_MAP", {nullptr}, "NULL"},
  });
}

TEST(RegexFunctions, CompareWithSqlPatterns) {
  const FunctionCaller caller(RegisterRegexFunctions);
  const auto similar = [&](const char* text, const char* pattern,
                           const char* escape) {
    std::vector<Arg> args = {text, Word(pattern)};
    if (escape != nullptr) args.push_back(Word(escape));
    return caller.Call("SIMILAR TO", args);
  };
  EXPECT_EQ(similar("TEST", ".EST", nullptr), "TRUE");
  EXPECT_EQ(similar("TEST!", ".EST", nullptr), "FALSE");
  EXPECT_EQ(similar("This is a test String.", "_*", "&"), "TRUE");
  EXPECT_EQ(similar("This is a test String.",
                    "This (is)? a (test)+ Strin_*", "&"),
            "TRUE");
  EXPECT_EQ(similar("*_This is", "&*&__*", "&"), "TRUE");
  EXPECT_EQ(similar("a$b\nc", "a$%", nullptr), "TRUE");
  EXPECT_THAT(similar("a", "a]", nullptr), testing::HasSubstr("REFUSED"));
}

// What a Java pattern finds in a text: its first match in brackets.
std::string Find(absl::string_view pattern, absl::string_view text) {
  auto regex = RegexPattern::Compile(pattern);
  if (!regex.ok()) return "no pattern";
  if (!(*regex)->Find(text)) return "nothing";
  return "[" + std::string(*(*regex)->Group(0)) + "]";
}

TEST(RegexPattern, ReadsJavasDialect) {
  struct Line {
    const char* pattern;
    const char* text;
    const char* found;
  };
  const Line table[] = {
      {"[a-c[x-z]]+", "qaxzb", "[axzb]"},
      {"[a-z&&[def]]+", "abcdefg", "[def]"},
      {"[a-z&&[^aeiou]]+", "aeibcd", "[bcd]"},
      {"[^a-z&&[^0-9]]", "a1-", "[1]"},
      {"[\\w&&[^\\d]]+", "12ab", "[ab]"},
      {"\\u0041\\x42\\0103", "xABC", "[ABC]"},
      {"\\x{1F600}|\\uD83D\\uDE01", "a😁", "[😁]"},
      {"\\p{Upper}+\\p{Punct}", "abCD!", "[CD!]"},
      {"\\P{Alpha}+", "ab12c", "[12]"},
      {"[\\p{Digit}_]+", "a1_2", "[1_2]"},
      {"\\p{IsLatin}+", "жabc", "[abc]"},
      {"\\p{L}+", "1жb", "[жb]"},
      {"\\Qa.b*\\E+", "a.b**", "[a.b**]"},
      {"(?i)ABC", "xabc", "[abc]"},
      {"(?iu)abc", "ABC", "[ABC]"},
      {"(a)(b)\\2\\1", "abba", "[abba]"},
      {"(?<word>\\w+) \\k<word>", "go go", "[go go]"},
      {"a$", "ba\n", "[a]"},
      {"a.c", "a\nc", "nothing"},
      {"x{2,3}", "xxxx", "[xxx]"},
      {"x++y", "xxy", "[xxy]"},
      {"é+", "caféé", "[éé]"},
      {".", "é", "[é]"},
      {"x{", "x{", "no pattern"},
      {"(*ACCEPT)", "", "no pattern"},
      {"\\K", "", "no pattern"},
      {"[a", "a", "no pattern"},
      {"a**", "a", "no pattern"},
  };
  for (const Line& line : table) {
    EXPECT_EQ(Find(line.pattern, line.text), line.found) << line.pattern;
  }
}

TEST(RegexPattern, SurvivesBrokenUtf8) {
  EXPECT_EQ(Find("b+", "\xFF\xC3 bb \xE4"), "[bb]");
  EXPECT_EQ(Find("é", "\xC3\xC3\xA9"), "[é]");
}

TEST(RegexPattern, SurvivesDeepBacktracking) {
  const std::string text(100000, 'a');
  EXPECT_EQ(Find("(a|b)*c", text + "c").size(), text.size() + 3);
  EXPECT_EQ(Find("(a*)*b", std::string(40, 'a')), "nothing");
}

TEST(RegexPattern, LooksForWhatItDemandsFirst) {
  struct Line {
    const char* pattern;
    const char* bytes;
    size_t max_before;
  };
  constexpr size_t kAny = RequiredLiteral::kUnbounded;
  const Line table[] = {
      {"(&|^)channel_id=([^&]*)", "channel_id=", 1},
      {"abc", "abc", 0},
      {"x?abc", "abc", 1},
      {"ab?cde", "cde", 2},
      {"a.*bcd", "bcd", kAny},
      {"a+bc", "bc", kAny},
      {"(?:ab|c)de[fg]h", "de", 2},
      {"[^/]\\.com", ".com", 4},
      {"abc|d", "", kAny},
      {"(?i)abc", "", kAny},
      {"(?=abc)d", "", kAny},
      {"(abc)", "", kAny},
      {"\\Qabc\\E", "", kAny},
      {"a{2}bc", "bc", kAny},
  };
  for (const Line& line : table) {
    const RequiredLiteral literal = FindRequiredLiteral(line.pattern);
    EXPECT_EQ(literal.bytes, line.bytes) << line.pattern;
    if (!literal.bytes.empty()) {
      EXPECT_EQ(literal.max_before, line.max_before) << line.pattern;
    }
  }
}

}  // namespace
}  // namespace millrace::functions_regex_test
