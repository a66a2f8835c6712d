#include "cli/dead_letter.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/operators/dead_letter_line.h"

namespace millrace::dead_letter_test {
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

TEST(DeadLetterTest, ALineIsReadBack) {
  const std::string raw("\x00\xFF\n\"code\":\"X\"", 13);
  const auto letter =
      ParseDeadLetter(LineOf(raw, "says \"code\":\"SRC-0001\" itself"));
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "SRC-0103");
  EXPECT_EQ(letter->time, "2023-11-14T22:13:20.000Z");
  ASSERT_TRUE(letter->record.has_value());
  EXPECT_EQ(letter->record->origin.raw, raw);
  EXPECT_EQ(letter->record->parts, LetterParts());
}

std::vector<LetterRecord> OfTopics() {
  const std::string bytes("\x00\xFF\r\n\"", 5);
  const auto record = [](std::string raw, MessageParts message) {
    return LetterRecord{{.text = "topic a \"t\", partition 3, offset 5",
                         .raw = std::move(raw),
                         .source = "a \"t\"",
                         .partition = 3,
                         .position = 5},
                        {.message = std::move(message)}};
  };
  std::vector<LetterRecord> all = {
      record(bytes, {.key = bytes,
                     .bad_key = true,
                     .time_ms = 1700000000123,
                     .headers = {{"h", bytes}, {"h", std::nullopt}}}),
      record("", {.key = "", .has_value = false}), record("", {}),
      record("beginning", {})};
  all.back().parts.cut = {.size_bytes = 9'000'000, .hash = 0x0123456789abcdef};
  return all;
}

TEST(DeadLetterTest, AMessageIsReadBackWithAllItHas) {
  for (const LetterRecord& record : OfTopics()) {
    absl::Status error = absl::InvalidArgumentError("SRC-0103: x");
    Attach(record.parts, error);
    const std::string line =
        DeadLetterLine({.job = "j", .attempt = 1, .op = "o"},
                       {.origin = record.origin, .error = error},
                       absl::FromUnixSeconds(0));
    const auto letter = ParseDeadLetter(line);
    ASSERT_TRUE(letter.has_value()) << line;
    EXPECT_EQ(letter->record, record) << line;
  }
}

TEST(DeadLetterTest, AMessageOfTheFirstLettersHasNoKeyAndNoTime) {
  const auto letter = ParseDeadLetter(
      "{\"time\":\"x\",\"code\":\"SRC-0101\",\"source\":\"t\",\"partition\":2,"
      "\"position\":7,\"raw_base64\":\"ew==\"}");
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->record->origin.raw, "{");
  EXPECT_EQ(letter->record->parts.message, MessageParts());
}

TEST(DeadLetterTest, ALongRecordIsKeptWholeAndNotShownAsText) {
  const std::string raw(8 << 20, 'x');
  const std::string line = LineOf(raw, "m");
  EXPECT_EQ(line.find("raw_text"), std::string::npos);
  EXPECT_EQ(ParseDeadLetter(line)->record->origin.raw, raw);
}

TEST(DeadLetterTest, ARowHasNoBytesOfARecord) {
  const auto letter =
      ParseDeadLetter(LineOf("{\"raw_base64\":1}", "division", "a / b"));
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->record, std::nullopt);
}

TEST(DeadLetterTest, WhatASinkRefusedIsARow) {
  const std::string line = DeadLetterLine(
      {.op = "Sink(o)[0]"},
      {.origin = {.text = "topic o", .raw = "{}"},
       .error = UserError({.code = "SNK-0303", .what = "too large",
                           .where = "", .why = "", .fix = ""})},
      absl::FromUnixSeconds(0));
  const auto letter = ParseDeadLetter(line);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "SNK-0303");
  EXPECT_EQ(letter->record, std::nullopt);
}

TEST(DeadLetterTest, WhatIsNoLetterIsNotRead) {
  for (const char* line : {"", "{}", "text", "{\"time\":\"x\"}",
                           "{\"time\":\"x\",\"code\":\"y\"",
                           "{\"time\":\"x\",\"code\":\"y\"}",
                           "{\"time\":\"x\",\"code\":\"y\","
                           "\"raw_base64\":\"?\"}"}) {
    EXPECT_FALSE(ParseDeadLetter(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace millrace::dead_letter_test
