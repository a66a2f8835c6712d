#include "cli/dead_letter_file.h"

#include "gtest/gtest.h"
#include "runtime/operators/dead_letter_line.h"
#include "runtime/base/error.h"

namespace millrace::dead_letter_file_test {
namespace {

std::string LineOf(const std::string& raw, const std::string& message,
                   const std::string& expression = "") {
  return DeadLetterLine(
      {.job = "a \"quoted\" job", .attempt = 1, .op = "Source(t)[0]"},
      {.origin = {.text = "topic t, partition 0, offset 1", .raw = raw},
       .error = UserError({.code = "SRC-0103", .what = message, .where = "",
                           .why = "", .fix = ""}),
       .expression = expression},
      absl::FromUnixSeconds(1'700'000'000));
}

TEST(DeadLetterFileTest, ALineIsReadBack) {
  const std::string raw("\x00\xFF\n\"code\":\"X\"", 13);
  const auto letter =
      ParseDeadLetter(LineOf(raw, "says \"code\":\"SRC-0001\" itself"));
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "SRC-0103");
  EXPECT_EQ(letter->time, "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(letter->raw, raw);
}

TEST(DeadLetterFileTest, ARowHasNoBytesOfARecord) {
  const auto letter =
      ParseDeadLetter(LineOf("{\"raw_base64\":1}", "division", "a / b"));
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->raw, std::nullopt);
}

TEST(DeadLetterFileTest, WhatIsNoLetterIsNotRead) {
  for (const char* line : {"", "{}", "text", "{\"time\":\"x\"}",
                           "{\"time\":\"x\",\"code\":\"y\""}) {
    EXPECT_FALSE(ParseDeadLetter(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace millrace::dead_letter_file_test
