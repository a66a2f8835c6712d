// Tables of SQL and what the front end makes of it, testdata/*.txt. The text
// up to the first line of `====` is executed before every case. A case is a
// script, a line of four dashes, what the last statement came to (a plan, a
// table, an error), and an empty line. With MILLRACE_REWRITE=1 in the
// environment the expected halves are written anew.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "runtime/plan/plan_codec.h"
#include "runtime/plan/plan_text.h"
#include "sql/compiler.h"
#include "sql/fake_connectors.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kDashes = "\n----\n";
constexpr absl::string_view kPrelude = "\n====\n";

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

// Every plan that is made survives its text.
void ExpectRoundTrip(const JobPlan& plan) {
  const std::string json = ToJson(plan);
  const auto again = JobPlanFromJson(json);
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << json;
  EXPECT_EQ(ToJson(*again), json);
}

std::string Printed(const StatementResult& result) {
  if (const JobPlan* job = result.job()) {
    ExpectRoundTrip(*job);
    return PlanText(*job);
  }
  const ResultTable* table = result.table();
  if (table == nullptr) return "OK";
  if (table->is_text) return table->rows[0][0];
  std::string text = absl::StrJoin(table->columns, " | ");
  for (const auto& row : table->rows) {
    absl::StrAppend(&text, "\n", absl::StrJoin(row, " | "));
  }
  return text;
}

class GoldenTest : public testing::Test {
 protected:
  GoldenTest() {
    RegisterFakeConnectors(connectors_);
    RegisterBuiltinFunctions(functions_);
  }

  std::string Outcome(const std::string& prelude, const std::string& text,
                      SessionConfig::Map config = {}) {
    SqlSession session({.connectors = &connectors_, .functions = &functions_},
                       std::move(config));
    const auto before = session.Execute(prelude);
    if (!before.ok()) return std::string(before.status().message());
    const auto results = session.Execute(text);
    if (!results.ok()) return std::string(results.status().message());
    return results->empty() ? "" : Printed(results->back());
  }

  void ExpectGolden(absl::string_view file) {
    const std::string path =
        absl::StrCat(MILLRACE_SOURCE_DIR, "/sql/testdata/", file);
    const bool rewrite = std::getenv("MILLRACE_REWRITE") != nullptr;
    const std::vector<std::string> parts = absl::StrSplit(
        ReadFile(path), absl::MaxSplits(kPrelude, 1));
    ASSERT_EQ(parts.size(), 2) << path;
    std::string rewritten = absl::StrCat(parts[0], kPrelude);
    for (absl::string_view block : absl::StrSplit(parts[1], "\n\n")) {
      block = absl::StripAsciiWhitespace(block);
      if (block.empty()) continue;
      const std::vector<std::string> halves =
          absl::StrSplit(block, absl::MaxSplits(kDashes, 1));
      // A new case may end with its dashes.
      absl::string_view script = halves[0];
      absl::ConsumeSuffix(&script, "\n----");
      const std::string actual(absl::StripTrailingAsciiWhitespace(
          Outcome(parts[0], std::string(script))));
      absl::StrAppend(&rewritten, "\n", script, kDashes, actual, "\n");
      if (rewrite) continue;
      EXPECT_EQ(actual, halves.size() > 1 ? halves[1] : "") << halves[0];
    }
    if (rewrite) std::ofstream(path) << rewritten;
  }

  ConnectorRegistry connectors_;
  FunctionRegistry functions_;
};

// The benchmark's queries as they stand in tests/nexmark, against
// testdata/nexmark/qN.plan.
TEST_F(GoldenTest, PlansTheNexmarkQueries) {
  const std::string folder =
      absl::StrCat(MILLRACE_SOURCE_DIR, "/tests/nexmark/sql/");
  const bool rewrite = std::getenv("MILLRACE_REWRITE") != nullptr;
  for (absl::string_view query :
       {"q0", "q1", "q2", "q5a", "q7a", "q8a", "q10", "q14", "q15", "q16",
        "q17", "q21", "q22"}) {
    const std::string text = absl::StrReplaceAll(
        ReadFile(absl::StrCat(folder, query, ".sql")),
        {{"__SINK__", "'connector' = 'changelog-out', 'mode' = 'upsert'"}});
    const std::string actual =
        Outcome(ReadFile(folder + "ddl_source.sql"), text,
                {{"parallelism.default", "2"}});
    const std::string path = absl::StrCat(
        MILLRACE_SOURCE_DIR, "/sql/testdata/nexmark/", query, ".plan");
    if (rewrite) std::ofstream(path) << actual;
    EXPECT_EQ(actual, ReadFile(path)) << query;
  }
}

TEST_F(GoldenTest, PlansQueries) { ExpectGolden("plans.txt"); }

TEST_F(GoldenTest, PlansWindows) { ExpectGolden("windows.txt"); }

TEST_F(GoldenTest, InfersChangelogs) { ExpectGolden("changelogs.txt"); }

TEST_F(GoldenTest, ShowsTablesAndViews) { ExpectGolden("catalog.txt"); }

TEST_F(GoldenTest, SaysWhatIsWrong) { ExpectGolden("errors.txt"); }

TEST_F(GoldenTest, SaysWhatIsNotBuiltYet) { ExpectGolden("not_built.txt"); }

}  // namespace
}  // namespace millrace::sql
