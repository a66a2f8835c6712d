#include "state/slots_fill.h"

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/hash.h"
#include "runtime/base/shared_loop.h"
#include "state/canonical_keys.h"

namespace millrace::slots_fill_test {
namespace {

constexpr int kFillParallelism = 64;
using Keys = std::map<std::string, uint64_t>;  // With what their slot holds.

KeyedSlots EmptyTable() {
  return KeyedSlots({.layout = {.form = KeyForm::kBytes16}, .owner = "test"});
}

// Some longer than their cells.
Keys SomeKeys(int count) {
  Keys keys;
  for (int i = 0; i < count; ++i) {
    keys[absl::StrCat("k", i, std::string(i % 3 == 0 ? 20 : 0, '.'))] = i;
  }
  return keys;
}

// Fills `table` with `keys` in as many ranges; what is not put in as
// FindOrInsert would have it. Returns how many that were.
size_t FillInRanges(const Keys& keys, int range_count, uint64_t expected,
                    KeyedSlots& table) {
  std::vector<SnapshotReader::Range> ranges;
  for (int i = 0; i < range_count; ++i) {
    ranges.push_back(
        {.groups = KeyGroupsOf(SubtaskIndex(i), range_count, kFillParallelism),
         .entries = expected / range_count});
  }
  auto fill = SlotsFill::Begin(&table, ranges, kFillParallelism);
  EXPECT_TRUE(fill.ok()) << fill.status();
  std::vector<Keys> left(range_count);
  BackgroundPool pool(3);
  RunSharedLoop(&pool, range_count, [&](int range) {
    for (const auto& [key, value] : keys) {
      const KeyGroup group(KeyGroupOf(HashBytes(key), kFillParallelism));
      if (!ranges[range].groups.Contains(group)) continue;
      CanonicalKeys packed;
      const absl::string_view view = key;
      ASSERT_TRUE(packed.Pack(table.layout(), {&view, 1}));
      char* slot = nullptr;
      fill->Insert(range, packed.packed(), &slot);
      slot == nullptr ? void(left[range].emplace(key, value))
                      : void(std::memcpy(slot, &value, sizeof value));
    }
  });
  EXPECT_TRUE(fill->Finish().ok());
  size_t left_count = 0;
  for (const Keys& some : left) {
    for (const auto& [key, value] : some) {
      char* slot = nullptr;
      EXPECT_TRUE(table.FindOrInsertOne(key, HashBytes(key), &slot).ok());
      std::memcpy(slot, &value, sizeof value);
      ++left_count;
    }
  }
  return left_count;
}

// Looked up, and in hash order: every group is a run.
void ExpectHolds(KeyedSlots& table, const Keys& keys) {
  EXPECT_EQ(table.size(), keys.size());
  for (const auto& [key, value] : keys) {
    char* slot = nullptr;
    ASSERT_TRUE(table.FindOrInsertOne(key, HashBytes(key), &slot).ok());
    uint64_t found = 0;
    std::memcpy(&found, slot, sizeof found);
    ASSERT_EQ(found, value) << key;
  }
  EXPECT_EQ(table.size(), keys.size()) << "none was put in twice";
  size_t in_groups = 0;
  for (int group = 0; group < kFillParallelism; ++group) {
    table.ForEachInGroup(KeyGroup(group), kFillParallelism,
                         [&](char*) { ++in_groups; });
  }
  EXPECT_EQ(in_groups, keys.size());
}

TEST(SlotsFillTest, EveryKeyIsWhereItIsLookedFor) {
  for (const int range_count : {1, 2, 7, 16}) {
    const Keys keys = SomeKeys(20'000);
    KeyedSlots table = EmptyTable();
    const size_t left = FillInRanges(keys, range_count, keys.size(), table);
    EXPECT_LT(left, keys.size() / 50) << "only those at the ends of ranges";
    ExpectHolds(table, keys);
  }
}

TEST(SlotsFillTest, WhatWasNotExpectedIsLeftToTheOwner) {
  const Keys keys = SomeKeys(5000);
  KeyedSlots table = EmptyTable();
  EXPECT_GT(FillInRanges(keys, 4, /*expected=*/500, table), 2000);
  ExpectHolds(table, keys);
}

TEST(SlotsFillTest, TheTableGoesOnAsAnyOther) {
  Keys keys = SomeKeys(3000);
  KeyedSlots table = EmptyTable();
  FillInRanges(keys, 4, keys.size(), table);
  ASSERT_TRUE(table.Settle().ok());
  EXPECT_FALSE(table.has_changes());
  for (auto& [key, value] : SomeKeys(9000)) {
    char* slot = nullptr;
    ASSERT_TRUE(table.FindOrInsertOne(key, HashBytes(key), &slot).ok());
    std::memcpy(slot, &value, sizeof value);
    keys[key] = value;
  }
  for (auto key = keys.begin(); key != keys.end();) {
    if (key->second % 5 != 0) {
      ++key;
      continue;
    }
    char* slot = nullptr;
    ASSERT_TRUE(
        table.FindOrInsertOne(key->first, HashBytes(key->first), &slot).ok());
    table.Erase(slot);
    key = keys.erase(key);
  }
  table.heap().Reclaim();
  ExpectHolds(table, keys);
}

TEST(SlotsFillTest, AHeapThatIsAdoptedKeepsItsBlocks) {
  SlotHeap all(nullptr, "all");
  all.Allocate(16);
  std::vector<StringView> texts;
  for (int i = 0; i < 3; ++i) {
    SlotHeap some(nullptr, "some");
    for (int j = 0; j < 1000; ++j) {
      texts.push_back(some.Copy(StringView(absl::string_view(
          "a text that is too long to lie in the slot itself"))));
    }
    all.Adopt(std::move(some));
  }
  for (int j = 0; j < 1000; ++j) std::memset(all.Allocate(64), 'x', 64);
  for (const StringView& text : texts) {
    ASSERT_EQ(text.view(), "a text that is too long to lie in the slot itself");
  }
}

TEST(CanonicalKeysTest, PacksAsCellsAndHashesOfEachKey) {
  const std::string word = "12345678";
  const std::string longer(40, 'k');
  const std::vector<std::pair<KeyLayout, std::vector<absl::string_view>>>
      kCases = {{{.form = KeyForm::kWord}, {word, "abcdefgh"}},
                {{.form = KeyForm::kWord}, {word, ""}},
                {{.form = KeyForm::kWord, .word_bytes = 4}, {"1234", ""}},
                {{.form = KeyForm::kBytes16}, {"", "a", longer}},
                {{.form = KeyForm::kBytes32}, {longer, word, ""}}};
  for (const auto& [layout, keys] : kCases) {
    CanonicalKeys packed;
    ASSERT_TRUE(packed.Pack(layout, keys));
    ASSERT_EQ(packed.packed().count, keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(packed.packed().hashes[i], HashBytes(keys[i]));
      EXPECT_EQ(layout.Bytes(packed.packed().cells +
                                 i * CellBytes(layout.form),
                             packed.packed().hashes[i]),
                keys[i]);
    }
  }
}

TEST(CanonicalKeysTest, RefusesWhatIsNoWord) {
  CanonicalKeys packed;
  for (const uint32_t word_bytes : {4u, 8u}) {
    const absl::string_view key = "123456789";
    EXPECT_FALSE(packed.Pack(
        {.form = KeyForm::kWord, .word_bytes = word_bytes}, {&key, 1}));
  }
}

}  // namespace
}  // namespace millrace::slots_fill_test
