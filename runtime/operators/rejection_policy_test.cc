#include "runtime/operators/rejection_policy.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/operators/dead_letter_writer.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'000'000);

TEST(RejectionLimitTest, IsCrossedOverOnePercentAndOverAHundred) {
  struct Case {
    int64_t records;
    int64_t rejected;
    bool crossed;
  };
  const Case kCases[] = {{100, 100, false},     // not over a hundred
                         {101, 101, true},
                         {10000, 101, true},
                         {10100, 101, false},   // just one percent
                         {1'000'000, 5000, false}};
  for (const auto& [records, rejected, crossed] : kCases) {
    RejectionLimit limit;
    EXPECT_EQ(limit.Add(kStart, records, rejected), crossed)
        << rejected << " of " << records;
  }
}

TEST(RejectionLimitTest, ForgetsWhatIsOlderThanAMinute) {
  RejectionLimit limit;
  EXPECT_FALSE(limit.Add(kStart, 100, 100));
  EXPECT_TRUE(limit.Add(kStart + absl::Seconds(49), 1, 1));
  EXPECT_FALSE(limit.Add(kStart + absl::Seconds(61), 1, 1));
}

TEST(RejectionPolicyTest, ReadsTheTablesMode) {
  using Mode = RejectionPolicy::Mode;
  TableDescriptor table = {.name = "bids"};
  EXPECT_EQ(*RejectionPolicy::ModeOf(table), Mode::kQuarantine);
  table.options["error-handling.mode"] = "FAIL";
  EXPECT_EQ(*RejectionPolicy::ModeOf(table), Mode::kFail);
  table.options["error-handling.mode"] = "drop";
  EXPECT_EQ(*RejectionPolicy::ModeOf(table), Mode::kDrop);
  table.options["error-handling.mode"] = "ignore";
  EXPECT_EQ(ErrorCode(RejectionPolicy::ModeOf(table).status()), "SRC-0040");
}

RejectedRecord BadRecord(std::string raw) {
  return {{"bids.json, byte 12", std::move(raw)},
          UserError({.code = "SRC-0012", .what = "no \"closing\" brace"})};
}

class Nowhere final : public RejectedSink {
  absl::Status Write(const RejectedRecord&, absl::Time) override {
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }
};

TEST(RejectionPolicyTest, QuarantineFailsTheJobWhenMuchIsBad) {
  RejectionPolicy policy("bids", RejectionPolicy::Mode::kQuarantine,
                         std::make_unique<Nowhere>());
  const std::vector<RejectedRecord> bad(60, BadRecord("{"));
  EXPECT_TRUE(policy.OnPoll(kStart, 100, bad).ok());
  const absl::Status crossed = policy.OnPoll(kStart, 100, bad);
  EXPECT_EQ(ErrorCode(crossed), "SRC-0041");
  EXPECT_THAT(std::string(crossed.message()), HasSubstr("SRC-0012"));
}

TEST(RejectionPolicyTest, ReadsTheJobsModeOfExpressions) {
  using Mode = RejectionPolicy::Mode;
  EXPECT_EQ(*RejectionPolicy::ModeOfExpressions(""), Mode::kFail);
  EXPECT_EQ(*RejectionPolicy::ModeOfExpressions("Quarantine"),
            Mode::kQuarantine);
  EXPECT_EQ(ErrorCode(RejectionPolicy::ModeOfExpressions("ignore").status()),
            "CFG-0002");
}

RejectedRecord FailedRow() {
  return {.origin = {.text = {}, .raw = "{\"a\":0}"},
          .error = UserError({.code = "EXP-0001", .what = "division by zero"}),
          .expression = "q = (1 / a)"};
}

TEST(RejectionPolicyTest, RowsThatFailHaveALimitOfTheirOwn) {
  RejectionPolicy policy("Calc[0]", RejectionPolicy::Mode::kQuarantine,
                         std::make_unique<Nowhere>(),
                         RejectionPolicy::Subject::kRows);
  const std::vector<RejectedRecord> bad(101, FailedRow());
  EXPECT_TRUE(policy.OnPoll(kStart, 20000, bad).ok());
  const absl::Status crossed = policy.OnPoll(kStart, 101, bad);
  EXPECT_EQ(ErrorCode(crossed), "EXP-0201");
  EXPECT_THAT(std::string(crossed.message()),
              HasSubstr("Calc[0], last q = (1 / a): EXP-0001: division"));
}

TEST(RejectionPolicyTest, DropGoesOnWhateverCame) {
  RejectionPolicy policy("bids", RejectionPolicy::Mode::kDrop, nullptr);
  const std::vector<RejectedRecord> bad(600, BadRecord("{"));
  EXPECT_TRUE(policy.OnPoll(kStart, 600, bad).ok());
}

TEST(DeadLetterWriterTest, WritesALineForARecordWithItsBytes) {
  const std::string path = testing::TempDir() + "/dead/letters-0.jsonl";
  std::remove(path.c_str());
  {
    DeadLetterWriter writer(
        {.path = path, .job = "q\"0\"", .attempt = 3, .op = "Source: bids[0]"});
    ASSERT_TRUE(writer.Write(BadRecord("{\"a\":\t1"), kStart).ok());
    ASSERT_TRUE(writer.Write(BadRecord("\xff\xfe"), kStart).ok());
    ASSERT_TRUE(writer.Flush().ok());
  }
  std::ifstream file(path);
  const std::string all((std::istreambuf_iterator<char>(file)),
                        std::istreambuf_iterator<char>());
  EXPECT_EQ(all,
            "{\"time\":\"1970-01-12T13:46:40.000Z\",\"job\":\"q\\\"0\\\"\","
            "\"attempt\":3,\"operator\":\"Source: bids[0]\","
            "\"code\":\"SRC-0012\","
            "\"message\":\"SRC-0012: no \\\"closing\\\" brace\","
            "\"origin\":\"bids.json, byte 12\",\"raw_base64\":\"eyJhIjoJMQ==\","
            "\"raw_text\":\"{\\\"a\\\":\\u00091\"}\n"
            "{\"time\":\"1970-01-12T13:46:40.000Z\",\"job\":\"q\\\"0\\\"\","
            "\"attempt\":3,\"operator\":\"Source: bids[0]\","
            "\"code\":\"SRC-0012\","
            "\"message\":\"SRC-0012: no \\\"closing\\\" brace\","
            "\"origin\":\"bids.json, byte 12\",\"raw_base64\":\"//4=\"}\n");
}

TEST(DeadLetterWriterTest, WritesALineForARowWithWhatFailed) {
  const std::string path = testing::TempDir() + "/dead/rows-0.jsonl";
  std::remove(path.c_str());
  DeadLetterWriter writer({.path = path, .job = "q0", .op = "Calc[0]"});
  ASSERT_TRUE(writer.Write(FailedRow(), kStart).ok());
  ASSERT_TRUE(writer.Flush().ok());
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line,
            "{\"time\":\"1970-01-12T13:46:40.000Z\",\"job\":\"q0\","
            "\"attempt\":0,\"operator\":\"Calc[0]\",\"code\":\"EXP-0001\","
            "\"message\":\"EXP-0001: division by zero\","
            "\"expression\":\"q = (1 / a)\",\"row\":{\"a\":0}}");
}

TEST(DeadLetterWriterTest, NoTwoAuthorsHaveAFile) {
  using Author = DeadLetterWriter::Author;
  std::set<std::string> names;
  for (const Author& author :
       {Author{.job_id = "j", .uid = "s/rejected/bad"},
        Author{.job_id = "j", .uid = "t/rejected/bad"},
        Author{.job_id = "k", .uid = "s/rejected/bad"},
        Author{.job_id = "j", .uid = "s/rejected/bad", .subtask = 1},
        Author{.job_id = "j", .uid = "s/rejected/bad", .attempt = 1}}) {
    const std::string name = DeadLetterWriter::FileName(author);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(DeadLetterWriter::IsFileName(name)) << name;
  }
  EXPECT_FALSE(DeadLetterWriter::IsFileName("part-0123456789abcdef-0-1"))
      << "a connector's";
}

TEST(DeadLetterWriterTest, SaysWhichFileItCannotOpen) {
  DeadLetterWriter writer({.path = "/proc/none/letters.jsonl"});
  const absl::Status failed = writer.Write(BadRecord("{"), kStart);
  EXPECT_EQ(ErrorCode(failed), "SRC-0042");
  EXPECT_THAT(std::string(failed.message()), HasSubstr("/proc/none"));
}

}  // namespace
}  // namespace millrace
