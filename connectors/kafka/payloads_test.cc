#include "connectors/kafka/payloads.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka::payloads_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<FetchedRecord> WithValues(
    const std::vector<std::optional<std::string>>& values) {
  std::vector<FetchedRecord> records;
  for (const auto& value : values) {
    FetchedRecord& record = records.emplace_back();
    if (value) record.value = *value;
  }
  return records;
}

std::vector<std::string> TextsOf(const Payloads& payloads) {
  std::vector<std::string> texts;
  for (const RawRecord& one : payloads.bytes) {
    texts.emplace_back(one.data, one.size_bytes);
  }
  return texts;
}

TEST(PayloadsTest, AreThoseThatAreThereEmptyOnesToo) {
  const std::vector<std::optional<std::string>> values = {
      "a", std::nullopt, "", "bc", std::nullopt, "d"};
  const auto records = WithValues(values);
  const Payloads all = Payloads::Of(records, 0, 6, &FetchedRecord::value);
  EXPECT_THAT(TextsOf(all), ElementsAre("a", "", "bc", "d"));
  EXPECT_THAT(all.records, ElementsAre(0, 2, 3, 5));
  const Payloads some = Payloads::Of(records, 1, 5, &FetchedRecord::value);
  EXPECT_THAT(TextsOf(some), ElementsAre("", "bc"));
  EXPECT_THAT(some.records, ElementsAre(2, 3));
  const Payloads keys = Payloads::Of(records, 0, 6, &FetchedRecord::key);
  EXPECT_THAT(keys.bytes, IsEmpty());
}

// So that a decoder may look behind each of them, and they outlive the
// library's messages.
TEST(PayloadsTest, LieSideBySideInOneChunk) {
  const std::vector<std::optional<std::string>> values = {"abc", "", "de"};
  const Payloads all =
      Payloads::Of(WithValues(values), 0, 3, &FetchedRecord::value);
  EXPECT_EQ(all.chunk->capacity_bytes(), 5u);
  const char* at = all.chunk->data();
  for (const RawRecord& one : all.bytes) {
    EXPECT_EQ(one.data, at);
    at += one.size_bytes;
  }
}

}  // namespace
}  // namespace millrace::kafka::payloads_test
