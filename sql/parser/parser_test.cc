#include "sql/parser/parser.h"

#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "sql/parser/ast_children.h"
#include "sql/parser/sql_error.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {
namespace {

std::string Repeat(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

std::string CodeOf(const absl::Status& status) {
  return status.ok() ? "ok" : ErrorCode(status).value_or("none");
}

absl::string_view TextAt(absl::string_view text,
                         const SourceLocation& location) {
  return text.substr(location.offset, location.length);
}

TEST(ParserTest, GivesEveryStatementItsPlace) {
  const std::string text = "-- first\nSELECT 1;\n\n;SELECT 2 -- last\n";
  const auto statements = ParseScript(text);
  ASSERT_TRUE(statements.ok());
  ASSERT_EQ(statements->size(), 2);
  EXPECT_EQ(TextAt(text, (*statements)[0]->location), "SELECT 1");
  EXPECT_EQ((*statements)[0]->location.line, 2);
  EXPECT_EQ(TextAt(text, (*statements)[1]->location), "SELECT 2");
  EXPECT_EQ((*statements)[1]->location.column, 2);
}

TEST(ParserTest, GivesEveryExpressionItsPlace) {
  const std::string text = "a + (b * -c)  = COALESCE( d )";
  const auto tree = ParseExpression(text);
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(TextAt(text, (*tree)->location), text);
  const auto& equal = *(*tree)->As<OperatorCall>();
  EXPECT_EQ(TextAt(text, equal.operator_location), "=");
  EXPECT_EQ(TextAt(text, equal.operands[0]->location), "a + (b * -c)");
  EXPECT_EQ(TextAt(text, equal.operands[1]->location), "COALESCE( d )");
  const auto& plus = *equal.operands[0]->As<OperatorCall>();
  EXPECT_EQ(TextAt(text, plus.operands[1]->location), "(b * -c)");
}

TEST(ParserTest, ForEachChildStopsAtSubqueries) {
  const auto tree = ParseExpression(
      "CASE x WHEN 1, 2 THEN f(y) ELSE (SELECT z FROM t) END");
  ASSERT_TRUE(tree.ok());
  std::vector<std::string> children;
  ForEachChild(**tree, [&](const Expression& child) {
    children.push_back(ToSql(child));
    ForEachChild(child, [&](const Expression& below) {
      children.push_back(absl::StrCat("/", ToSql(below)));
    });
  });
  EXPECT_EQ(absl::StrJoin(children, " "),
            "x 1 2 f(y) /y (SELECT z FROM t)");
}

TEST(ParserTest, TakesEmptyScripts) {
  for (const char* text : {"", ";", " -- nothing\n;;", "/* */"}) {
    const auto statements = ParseScript(text);
    ASSERT_TRUE(statements.ok()) << text;
    EXPECT_TRUE(statements->empty()) << text;
  }
  EXPECT_EQ(CodeOf(ParseStatement("").status()), "SQL-0001");
}

TEST(ParserTest, SplitsScriptsWithoutParsing) {
  const std::string text =
      "SELECT ';' FROM; nonsense here ;BEGIN STATEMENT SET; INSERT a; INSERT "
      "b; END; EXECUTE STATEMENT SET BEGIN INSERT c; END";
  const auto places = SplitScript(text);
  ASSERT_TRUE(places.ok());
  std::vector<absl::string_view> parts;
  for (const auto& place : *places) parts.push_back(TextAt(text, place));
  EXPECT_EQ(absl::StrJoin(parts, "|"),
            "SELECT ';' FROM|nonsense here|BEGIN STATEMENT SET; INSERT a; "
            "INSERT b; END|EXECUTE STATEMENT SET BEGIN INSERT c; END");
}

TEST(ParserTest, RefusesToNestDeeperThanItCanWalk) {
  const int kDeep = 100000;
  const std::string texts[] = {
      Repeat("(", kDeep),
      Repeat("(", kDeep) + "1" + Repeat(")", kDeep),
      Repeat("- ", kDeep) + "1",
      Repeat("NOT ", kDeep) + "TRUE",
      Repeat("ARRAY[", kDeep),
      Repeat("f(", kDeep),
      Repeat("CASE WHEN ", kDeep),
      Repeat("a[", kDeep),
      "1" + Repeat(" + 1", kDeep),
      "a" + Repeat("[1]", kDeep),
      "(a)" + Repeat(".b", kDeep),
      "a" + Repeat(" IS NULL", kDeep),
      Repeat("(SELECT ", kDeep),
      Repeat("EXISTS (SELECT ", kDeep),
      "CAST(a AS " + Repeat("ARRAY<", kDeep),
      "CAST(a AS INT" + Repeat(" ARRAY", kDeep) + ")",
      "CAST(a AS INT" + Repeat(" MULTISET", kDeep) + ")",
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(CodeOf(ParseExpression(text).status()), "SQL-0004")
        << text.substr(0, 40);
  }
}

TEST(ParserTest, RefusesToNestQueriesDeeperThanItCanWalk) {
  const int kDeep = 20000;
  const std::string texts[] = {
      Repeat("SELECT * FROM (", kDeep),
      Repeat("(", kDeep) + "SELECT 1",
      "SELECT 1" + Repeat(" UNION SELECT 1 EXCEPT SELECT 1", kDeep),
      "SELECT * FROM a" + Repeat(" JOIN b ON TRUE", kDeep),
      "SELECT * FROM " + Repeat("(a JOIN ", kDeep),
      "SELECT 1 GROUP BY " + Repeat("GROUPING SETS (", kDeep),
      Repeat("WITH a AS (", kDeep),
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(CodeOf(ParseQuery(text).status()), "SQL-0004")
        << text.substr(0, 40);
  }
  EXPECT_EQ(CodeOf(ParseStatement(Repeat("EXPLAIN ", kDeep)).status()),
            "SQL-0001");
}

TEST(ParserTest, TakesLongListsAndChains) {
  const std::string kChain = "a" + Repeat(" OR a", 20000);
  const auto chain = ParseExpression(kChain);
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ((*chain)->As<OperatorCall>()->operands.size(), 20001);
  EXPECT_EQ(ToSql(**chain), kChain);
  EXPECT_TRUE(ParseExpression("a IN (1" + Repeat(", 1", 20000) + ")").ok());
  EXPECT_TRUE(
      ParseQuery("SELECT 1" + Repeat(" UNION ALL SELECT 1", 5000)).ok());
  EXPECT_TRUE(ParseExpression(Repeat("(", 200) + "1" + Repeat(")", 200)).ok());
  const std::string kSum = "1" + Repeat(" + 1", kMaxNesting - 1);
  const auto sum = ParseExpression(kSum);
  ASSERT_TRUE(sum.ok());
  EXPECT_EQ(ToSql(**sum), kSum);
}

// Wrecks good statements at places drawn from fixed seeds. Whatever comes out
// must parse or fail with a place in the text, and never crash.
class Wrecker {
 public:
  explicit Wrecker(std::string text) : text_(std::move(text)) {}

  std::string Truncated() {
    const size_t start = Draw(text_.size());
    return text_.substr(start, Draw(text_.size() - start));
  }
  std::string Flipped() {
    std::string text = Window();
    const size_t flips = 1 + Draw(4);
    for (size_t i = 0; i < flips; ++i) {
      text[Draw(text.size())] = static_cast<char>(Draw(256));
    }
    return text;
  }
  std::string Spliced() { return Window() + Window(); }

 private:
  size_t Draw(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  std::string Window() {
    return text_.substr(Draw(text_.size()), 1 + Draw(400)) + " ";
  }

  std::string text_;
  std::mt19937 random_{20150715};
};

void ExpectNoCrash(const std::string& text) {
  const auto statements = ParseScript(text);
  if (!statements.ok()) {
    const auto location = ErrorLocation(statements.status());
    ASSERT_TRUE(location.has_value());
    ASSERT_LE(location->offset, text.size());
    ASSERT_FALSE(WithSnippet(statements.status(), text).message().empty());
    return;
  }
  for (const auto& statement : *statements) {
    if (statement->As<UnsupportedStatement>()) continue;
    const std::string printed = ToSql(*statement);
    const auto again = ParseStatement(printed);
    ASSERT_TRUE(again.ok()) << printed << "\n" << again.status();
    ASSERT_EQ(ToSql(**again), printed);
  }
}

TEST(ParserTest, SurvivesWreckedStatements) {
  std::string all;
  for (const char* file : {"nexmark.sql", "statements.txt", "queries.txt",
                           "expressions.txt", "errors.txt"}) {
    std::ifstream in(
        absl::StrCat(MILLRACE_SOURCE_DIR, "/sql/parser/testdata/", file));
    std::stringstream content;
    content << in.rdbuf();
    absl::StrAppend(&all, content.str());
  }
  ASSERT_GT(all.size(), 1000);
  Wrecker wrecker(all);
  for (int i = 0; i < 3000; ++i) {
    ExpectNoCrash(wrecker.Truncated().substr(0, 2000));
    ExpectNoCrash(wrecker.Flipped());
    ExpectNoCrash(wrecker.Spliced());
  }
}

}  // namespace
}  // namespace millrace::sql
