// Tables of SQL and what comes of it, testdata/*.txt. A case is the text, a
// line of four dashes, the expected lines, and an empty line. With
// MILLRACE_REWRITE=1 in the environment the expected halves are written anew.

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "sql/parser/parser.h"
#include "sql/parser/sql_error.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kDashes = "\n----\n";

struct GoldenCase {
  std::string text;
  std::string expected;
};

std::string PathOf(absl::string_view file) {
  return absl::StrCat(MILLRACE_SOURCE_DIR, "/sql/parser/testdata/", file);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::vector<GoldenCase> ReadCases(absl::string_view file) {
  std::vector<GoldenCase> cases;
  const std::string content = ReadFile(PathOf(file));
  for (absl::string_view block : absl::StrSplit(content, "\n\n")) {
    block = absl::StripAsciiWhitespace(block);
    if (block.empty()) continue;
    const std::vector<std::string> halves =
        absl::StrSplit(block, absl::MaxSplits(kDashes, 1));
    cases.push_back({halves[0], halves.size() > 1 ? halves[1] : ""});
  }
  return cases;
}

using Outcome = std::function<std::string(const std::string& text)>;

void ExpectGolden(absl::string_view file, const Outcome& outcome) {
  const bool rewrite = std::getenv("MILLRACE_REWRITE") != nullptr;
  const std::vector<GoldenCase> cases = ReadCases(file);
  ASSERT_FALSE(cases.empty());
  std::string rewritten;
  for (const GoldenCase& golden : cases) {
    const std::string actual = outcome(golden.text);
    absl::StrAppend(&rewritten, rewritten.empty() ? "" : "\n", golden.text,
                    kDashes, actual, "\n");
    if (rewrite) continue;
    EXPECT_EQ(actual, golden.expected) << golden.text;
  }
  if (rewrite) std::ofstream(PathOf(file)) << rewritten;
}

std::string Message(const absl::Status& status, absl::string_view text) {
  return std::string(WithSnippet(status, text).message());
}

// What is printed parses to what is printed again, in both quotings.
template <typename Parse>
std::string PrintedTwice(const std::string& text, Parse parse) {
  const auto tree = parse(text);
  if (!tree.ok()) return Message(tree.status(), text);
  for (const auto style : {QuoteStyle::kAlways, QuoteStyle::kWhereNeeded}) {
    const std::string printed = ToSql(**tree, style);
    const auto again = parse(printed);
    if (!again.ok()) {
      ADD_FAILURE() << Message(again.status(), printed);
    } else {
      EXPECT_EQ(ToSql(**again, style), printed);
    }
  }
  return ToSql(**tree);
}

TEST(GoldenTest, ExpressionsPrintByPrecedence) {
  ExpectGolden("expressions.txt", [](const std::string& text) {
    return PrintedTwice(text, ParseExpression);
  });
}

TEST(GoldenTest, QueriesPrintOnOneLine) {
  ExpectGolden("queries.txt", [](const std::string& text) {
    return PrintedTwice(text, ParseQuery);
  });
}

TEST(GoldenTest, StatementsPrintOnOneLine) {
  ExpectGolden("statements.txt", [](const std::string& text) {
    return PrintedTwice(text, ParseStatement);
  });
}

TEST(GoldenTest, DataTypesPrintAsFlinkNamesThem) {
  ExpectGolden("types.txt", [](const std::string& text) {
    const auto type = ParseDataType(text);
    return type.ok() ? type->ToString() : Message(type.status(), text);
  });
}

TEST(GoldenTest, StatementsKnownByNameAloneAreNamed) {
  ExpectGolden("unsupported.txt", [](const std::string& text) {
    const auto statement = ParseStatement(text);
    if (!statement.ok()) return Message(statement.status(), text);
    const auto* unsupported = (*statement)->As<UnsupportedStatement>();
    return unsupported ? unsupported->name : std::string("parsed");
  });
}

TEST(GoldenTest, WrongStatementsAreExplained) {
  ExpectGolden("errors.txt", [](const std::string& text) {
    const auto statements = ParseScript(text);
    if (!statements.ok()) return Message(statements.status(), text);
    return std::string("no error");
  });
}

TEST(GoldenTest, NexmarkParsesAndPrintsAgain) {
  const std::string text = ReadFile(PathOf("nexmark.sql"));
  const auto statements = ParseScript(text);
  ASSERT_TRUE(statements.ok()) << Message(statements.status(), text);
  EXPECT_GT(statements->size(), 50);
  for (const auto& statement : *statements) {
    PrintedTwice(ToSql(*statement), ParseStatement);
  }
}

}  // namespace
}  // namespace millrace::sql
