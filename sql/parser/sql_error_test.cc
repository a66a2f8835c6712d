#include "sql/parser/sql_error.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::sql {
namespace {

absl::Status MissingColumn(SourceLocation location) {
  return SqlError({.code = "SQL-0012",
                   .location = location,
                   .what = "column `prce` does not exist",
                   .fix = "Did you mean `price`?"});
}

TEST(SqlErrorTest, IsOneLineWithoutItsText) {
  const auto status = MissingColumn({.line = 3, .column = 8});
  EXPECT_EQ(status.message(),
            "SQL-0012: column `prce` does not exist, at line 3, column 8. Did "
            "you mean `price`?");
  EXPECT_EQ(ErrorCode(status), "SQL-0012");
}

TEST(SqlErrorTest, ShowsTheLineWithCaretsAndTheFixBelow) {
  const std::string text = "-- a\n\nSELECT prce FROM bid;\n";
  const auto status = WithSnippet(
      MissingColumn({.line = 3, .column = 8, .offset = 13, .length = 4}), text);
  EXPECT_EQ(status.message(),
            "SQL-0012: column `prce` does not exist, at line 3, column 8\n"
            "  SELECT prce FROM bid;\n"
            "         ^^^^\n"
            "Did you mean `price`?");
  EXPECT_EQ(ErrorCode(status), "SQL-0012");
  EXPECT_EQ(ErrorLocation(status)->offset, 13);
}

TEST(SqlErrorTest, TakesItsSnippetOnce) {
  const auto once = WithSnippet(MissingColumn({.length = 4}), "prce");
  EXPECT_EQ(WithSnippet(once, "prce"), once);
}

TEST(SqlErrorTest, LeavesOtherErrorsAlone) {
  const absl::Status other = absl::InternalError("bug");
  EXPECT_EQ(WithSnippet(other, "a"), other);
  EXPECT_FALSE(ErrorLocation(other).has_value());
  EXPECT_TRUE(WithSnippet(absl::OkStatus(), "a").ok());
}

TEST(SqlErrorTest, MarksNoMoreThanTheFirstLine) {
  const auto status =
      WithSnippet(MissingColumn({.line = 1, .column = 3, .offset = 2,
                                 .length = 9}),
                  "a (b\nc d e f)");
  EXPECT_NE(status.message().find("  a (b\n    ^^\n"), std::string::npos)
      << status.message();
}

TEST(SqlErrorTest, CutsLongLinesAroundTheCaret) {
  const std::string text =
      absl::StrCat(std::string(200, 'a'), " prce ", std::string(200, 'b'));
  const auto status = WithSnippet(
      MissingColumn({.column = 202, .offset = 201, .length = 4}), text);
  const std::string line = absl::StrCat("  ...", std::string(32, 'a'), " prce ",
                                        std::string(62, 'b'), "...\n");
  const std::string below = absl::StrCat("  ", std::string(36, ' '), "^^^^\n");
  EXPECT_NE(status.message().find(absl::StrCat(line, below)),
            std::string::npos)
      << status.message();
}

TEST(SqlErrorTest, SurvivesALocationBehindTheText) {
  const auto status = WithSnippet(
      MissingColumn({.line = 9, .column = 90, .offset = 900, .length = 4}),
      "a");
  EXPECT_EQ(ErrorCode(status), "SQL-0012");
}

TEST(SqlErrorTest, NamesWhatIsNotBuiltYet) {
  const auto status = NotBuiltYet({.line = 1, .column = 5}, "QUALIFY");
  EXPECT_EQ(status.message(),
            "SQL-0002: QUALIFY is not built yet, at line 1, column 5");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
}

TEST(SqlErrorTest, AsksAboutTheNearestName) {
  const std::vector<std::string> kNames = {"price", "bidder"};
  EXPECT_EQ(DidYouMean("prce", kNames), "Did you mean `price`?");
  EXPECT_EQ(DidYouMean("channel", kNames), "");
}

}  // namespace
}  // namespace millrace::sql
