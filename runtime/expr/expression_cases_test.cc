#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "runtime/expr/case_runner.h"

namespace millrace {
namespace {

std::string ReadFile(absl::string_view name) {
  std::ifstream file(absl::StrCat(MILLRACE_SOURCE_DIR,
                                  "/runtime/expr/testdata/", name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Describe(const ExpressionCase& expression_case) {
  std::string text = expression_case.function;
  for (const auto& [type, value] : expression_case.args) {
    absl::StrAppend(&text, " | ", type, ": ", value);
  }
  return text;
}

class ExpressionCases : public testing::TestWithParam<const char*> {};

TEST_P(ExpressionCases, GiveWhatTheTableSays) {
  FunctionRegistry registry;
  RegisterBuiltinFunctions(registry);
  const auto cases = ParseCases(ReadFile(GetParam()));
  ASSERT_FALSE(cases.empty());
  for (const ExpressionCase& line : cases) {
    // Quotes only keep the spaces.
    const std::string expected =
        absl::StrReplaceAll(line.expected, {{"'", ""}});
    const bool with_columns = line.form != ExpressionCase::Form::kLiteral;
    const bool with_literals = line.form != ExpressionCase::Form::kColumn;
    if (with_columns) {
      EXPECT_EQ(RunCase(line, RowLayout::kDense, registry), expected)
          << Describe(line) << " (dense)";
      EXPECT_EQ(RunCase(line, RowLayout::kSparse, registry), expected)
          << Describe(line) << " (sparse)";
      // A NOT NULL argument has no row with NULL.
      if (!absl::StrContains(Describe(line), "NOT NULL")) {
        EXPECT_EQ(RunCase(line, RowLayout::kWithNulls, registry), expected)
            << Describe(line) << " (between NULLs)";
      }
    }
    if (with_literals) {
      EXPECT_EQ(RunCase(line, RowLayout::kLiteral, registry), expected)
          << Describe(line) << " (literals)";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ExpressionCases,
                         testing::Values("arithmetic.txt", "comparison.txt",
                                         "nested.txt", "cast.txt"),
                         [](const auto& info) {
                           return absl::StrReplaceAll(info.param,
                                                      {{".txt", ""}});
                         });

}  // namespace
}  // namespace millrace
