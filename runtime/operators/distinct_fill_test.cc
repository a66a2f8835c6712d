#include "runtime/operators/distinct_fill.h"

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/operators/value_key.h"

namespace millrace::distinct_fill_test {
namespace {

const LogicalType kNumber = LogicalType::BigInt();

std::string WordBytes(uint64_t word) {
  return std::string(reinterpret_cast<const char*>(&word), 8);
}

// Three groups, "a" to "c", that count the numbers they have seen.
class DistinctFillTest : public testing::Test {
 protected:
  DistinctFillTest() {
    const absl::string_view keys[] = {"a", "b", "c"};
    std::vector<std::string> bytes(3);
    std::vector<absl::string_view> values;
    std::string zeroed(layout_.slot_bytes(), '\0');
    for (std::string& value : bytes) {
      layout_.Encode(zeroed.data(), value);
      values.push_back(value);
    }
    EXPECT_TRUE(table_.RestoreGroups(keys, values).ok());
  }

  static std::string Key(const std::string& group, uint64_t word) {
    return ValuePrefix("", group) + WordBytes(word);
  }
  static absl::Status Add(DistinctFill& fill, size_t range,
                          absl::string_view key, uint64_t bits) {
    const std::string slot = WordBytes(bits);
    const absl::string_view value = slot;
    return fill.Add(range, {.keys = {&key, 1}, .values = {&value, 1}});
  }
  // What the table has: group and word, and the bits.
  std::map<std::string, uint64_t> Contents() {
    std::map<std::string, uint64_t> found;
    table_.SnapshotDistinct(
        SnapshotWriter::Extent::kAll, 0,
        [&](absl::string_view group, uint64_t,
            const DistinctTable::Entry& value) {
          uint64_t bits = 0;
          std::memcpy(&bits, value.slot.data(), sizeof bits);
          EXPECT_TRUE(
              found.emplace(absl::StrCat(group, value.value), bits).second);
        });
    return found;
  }

  const AggregateLayout layout_ = *AggregateLayout::Make(
      std::vector<AggregateCall>{{.function = "COUNT", .args = {0},
                                  .arg_types = {kNumber}, .distinct = true,
                                  .result = kNumber}},
      {.marks = true});
  MemoryBudget memory_{1 << 30};
  AggregateTable table_{{.layout = &layout_,
                         .keys = KeyLayout{.form = KeyForm::kBytes16},
                         .memory = &memory_, .owner = "test"}};
};

// In two ranges, of which one has many more values than it said: what does not
// fit its part is put in all the same.
TEST_F(DistinctFillTest, EveryValueIsBack) {
  ASSERT_TRUE(DistinctFill::IsFor(table_, 0));
  DistinctFill fill(&table_, 0);
  const SnapshotReader::Range ranges[] = {
      {.groups = {KeyGroup(0), KeyGroup(5)}, .entries = 900},
      {.groups = {KeyGroup(5), KeyGroup(9)}, .entries = 10}};
  ASSERT_TRUE(fill.Begin(ranges).ok());
  std::map<std::string, uint64_t> expected;
  for (uint64_t word = 0; word < 3000; ++word) {
    const std::string group(1, static_cast<char>('a' + word / 1000));
    const uint64_t bits = 1 + word % 3;
    ASSERT_TRUE(Add(fill, word < 900 ? 0 : 1, Key(group, word), bits).ok());
    expected[group + WordBytes(word)] = bits;
  }
  for (int part = 0; part < DistinctFill::kParts; ++part) fill.FillPart(part);
  ASSERT_TRUE(fill.Finish().ok());
  EXPECT_TRUE(Contents() == expected);
  EXPECT_EQ(table_.distinct(0).size(), 3000);
  // Only into an empty table.
  EXPECT_FALSE(DistinctFill::IsFor(table_, 0));
}

TEST_F(DistinctFillTest, WhatWaitsIsCharged) {
  DistinctFill fill(&table_, 0);
  const SnapshotReader::Range range = {
      .groups = {KeyGroup(0), KeyGroup(9)}, .entries = 1};
  ASSERT_TRUE(fill.Begin({&range, 1}).ok());
  const int64_t before = memory_.used_bytes();
  for (uint64_t word = 0; word < 10'000; ++word) {
    ASSERT_TRUE(Add(fill, 0, Key("a", word), 1).ok());
  }
  EXPECT_GE(memory_.used_bytes(), before + 10'000 * 16);
}

TEST_F(DistinctFillTest, DamagedValuesAreRefused) {
  DistinctFill fill(&table_, 0);
  const SnapshotReader::Range range = {
      .groups = {KeyGroup(0), KeyGroup(9)}, .entries = 10};
  ASSERT_TRUE(fill.Begin({&range, 1}).ok());
  const std::string good = Key("a", 7);
  for (const std::string& key :
       {std::string(), std::string("\x80\x80\x80\x80\x80\x80", 6),
        std::string("\x7f", 1) + "a", Key("unknown", 7), good + "x",
        good.substr(0, good.size() - 1)}) {
    EXPECT_EQ(Add(fill, 0, key, 1).code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(Add(fill, 0, good, 0).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(Add(fill, 0, good, 1).ok());
}

}  // namespace
}  // namespace millrace::distinct_fill_test
