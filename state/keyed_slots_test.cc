#include "state/keyed_slots.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/snapshot.h"

namespace millrace {
namespace {

constexpr KeyLayout kBigInt = {.form = KeyForm::kWord};
constexpr KeyLayout kText = {.form = KeyForm::kBytes16};

KeyedSlots Table(KeyLayout layout, MemoryBudget* memory = nullptr) {
  return KeyedSlots({.layout = layout, .memory = memory, .owner = "test"});
}

int64_t& Count(char* slot) { return *reinterpret_cast<int64_t*>(slot); }

// Adds one to the slot of each word; returns how many were new.
int AddWords(KeyedSlots& table, const std::vector<uint64_t>& words) {
  std::vector<uint64_t> hashes(words.size());
  HashWords(words.data(), words.size(), hashes.data());
  std::vector<char*> slots(words.size());
  std::vector<uint8_t> inserted(words.size());
  const absl::Status status = table.FindOrInsert(
      {.count = static_cast<uint32_t>(words.size()), .hashes = hashes.data(),
       .cells = reinterpret_cast<const char*>(words.data())},
      slots.data(), inserted.data());
  EXPECT_TRUE(status.ok()) << status;
  int new_count = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    ++Count(slots[i]);
    new_count += inserted[i];
  }
  return new_count;
}

char* SlotOf(KeyedSlots& table, const std::string& key) {
  char* slot = nullptr;
  EXPECT_TRUE(table.FindOrInsertOne(key, HashBytes(key), &slot).ok());
  return slot;
}

std::map<std::string, int64_t> Contents(const KeyedSlots& table) {
  std::map<std::string, int64_t> contents;
  uint64_t position = 0;
  char* slots[100];
  for (uint32_t count = 100; count == 100;) {
    count = table.Scan(&position, 100, slots);
    for (uint32_t i = 0; i < count; ++i) {
      contents[std::string(table.key(slots[i]))] = Count(slots[i]);
    }
  }
  return contents;
}

TEST(KeyedSlotsTest, CountsEachKeyWhileItGrows) {
  KeyedSlots table = Table(kBigInt);
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 5000; ++i) words.push_back(i % 1500);
  EXPECT_EQ(AddWords(table, words), 1500);
  EXPECT_EQ(AddWords(table, words), 0);
  EXPECT_EQ(table.size(), 1500);
  const uint64_t word = 7;
  EXPECT_EQ(Contents(table)[std::string(
                reinterpret_cast<const char*>(&word), 8)], 8);
}

TEST(KeyedSlotsTest, TellsZeroFromNull) {
  KeyedSlots table = Table(kBigInt);
  EXPECT_NE(SlotOf(table, std::string(8, '\0')), SlotOf(table, ""));
  EXPECT_THAT(Contents(table),
              testing::ElementsAre(testing::Key(""),
                                   testing::Key(std::string(8, '\0'))));
}

TEST(KeyedSlotsTest, KeepsLongKeysOfItsOwn) {
  KeyedSlots table = Table(kText);
  const std::string long_key(1000, 'k');
  Count(SlotOf(table, long_key)) = 1;
  Count(SlotOf(table, long_key + "2")) = 2;
  Count(SlotOf(table, "short")) = 3;
  for (int i = 0; i < 500; ++i) SlotOf(table, "filler " + std::to_string(i));
  EXPECT_EQ(Count(SlotOf(table, std::string(1000, 'k'))), 1);
  EXPECT_EQ(Count(SlotOf(table, long_key + "2")), 2);
  EXPECT_EQ(Count(SlotOf(table, "short")), 3);
}

TEST(KeyedSlotsTest, EraseLeavesTheOthersFindable) {
  KeyedSlots table = Table(kText);
  std::map<std::string, int64_t> expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "some longer key " + std::to_string(i);
    Count(SlotOf(table, key)) = i;
    expected[key] = i;
  }
  for (int i = 0; i < 2000; i += 3) {
    const std::string key = "some longer key " + std::to_string(i);
    table.Erase(SlotOf(table, key));
    expected.erase(key);
  }
  table.heap().Reclaim();
  EXPECT_EQ(Contents(table), expected);
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [key, value] : expected) {
    EXPECT_EQ(Count(SlotOf(table, key)), value);
  }
}

TEST(KeyedSlotsTest, GivesEachGroupItsKeysOnce) {
  for (const int max_parallelism : {1, 7, 128}) {
    KeyedSlots table = Table(kText);
    for (int i = 0; i < 999; ++i) SlotOf(table, std::to_string(i));
    std::map<std::string, int> seen;
    for (int group = 0; group < max_parallelism; ++group) {
      table.ForEachInGroup(KeyGroup(group), max_parallelism, [&](char* slot) {
        const std::string key(table.key(slot));
        EXPECT_EQ(KeyGroupOf(HashBytes(key), max_parallelism), group);
        ++seen[key];
      });
    }
    EXPECT_EQ(seen.size(), 999);
    EXPECT_THAT(seen, testing::Each(testing::Pair(testing::_, 1)));
  }
}

TEST(KeyedSlotsTest, ClearForgetsEverything) {
  KeyedSlots table = Table(kBigInt);
  AddWords(table, {1, 2, 3});
  table.Clear();
  EXPECT_EQ(AddWords(table, {1, 2, 3}), 3);
  EXPECT_THAT(Contents(table), testing::Each(testing::Pair(testing::_, 1)));
}

TEST(KeyedSlotsTest, AClearedTableLeavesRoomThatItHardlyUsed) {
  MemoryBudget memory(1 << 30);
  KeyedSlots table = Table(kBigInt, &memory);
  ASSERT_TRUE(table.Reserve(100'000).ok());
  AddWords(table, {1, 2, 3});
  table.Clear();
  EXPECT_EQ(memory.used_bytes(), 0);
  EXPECT_EQ(AddWords(table, {1, 2, 3}), 3);
}

// A subtask has a part of the hashes; crowded into that part of its table they
// would be probed for one after the other.
TEST(KeyedSlotsTest, SpreadsTheHashesOfOneSubtaskOverItsWholeTable) {
  for (int subtask = 0; subtask < 3; ++subtask) {
    const KeyGroupRange groups = KeyGroupsOf(SubtaskIndex(subtask), 3, 128);
    KeyedSlots table({.layout = kText, .hashes = HashesOf(groups, 128)});
    for (int i = 0; table.size() < 10'000; ++i) {
      const std::string key = std::to_string(i);
      const uint64_t hash = HashBytes(key);
      if (!groups.Contains(KeyGroup(KeyGroupOf(hash, 128)))) continue;
      char* slot;
      ASSERT_TRUE(table.FindOrInsertOne(key, hash, &slot).ok());
    }
    std::vector<char*> slots(table.size());
    for (const int tenth : {1, 5, 9}) {
      uint64_t position = 0;
      table.Scan(&position, table.size() / 10 * tenth, slots.data());
      EXPECT_NEAR(static_cast<double>(position) / table.capacity(),
                  tenth / 10.0, 0.03)
          << "subtask " << subtask;
    }
  }
}

TEST(KeyedSlotsTest, StopsAtItsBudgetAndGivesItBack) {
  MemoryBudget memory(100'000);
  {
    KeyedSlots table = Table(kText, &memory);
    absl::Status status;
    for (int i = 0; i < 100'000 && status.ok(); ++i) {
      char* slot;
      const std::string key = "a key that is not inline " + std::to_string(i);
      status = table.FindOrInsertOne(key, HashBytes(key), &slot);
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(status.message(), testing::HasSubstr("test"));
  }
  EXPECT_EQ(memory.used_bytes(), 0);
}

TEST(KeyedSlotsTest, GivesBackPlacesThatItDoesNotNeed) {
  MemoryBudget memory(1 << 20);
  KeyedSlots table = Table(kBigInt, &memory);
  std::vector<uint64_t> words;
  for (uint64_t word = 0; word < 3000; ++word) words.push_back(word);
  AddWords(table, words);
  ASSERT_EQ(table.fill().capacity, 16384);
  const auto contents = Contents(table);
  table.ShrinkTo(4096);  // Of 2560 entries it would grow again.
  EXPECT_EQ(table.fill().capacity, 16384);
  table.ShrinkTo(8192);
  EXPECT_EQ(table.fill().capacity, 8192);
  EXPECT_EQ(Contents(table), contents);
  EXPECT_EQ(memory.used_bytes(), 8192 * 24);
}

TEST(KeyedSlotsTest, GivesBackAHeapThatItsKeysDoNotNeed) {
  MemoryBudget memory(8 << 20);
  KeyedSlots table = Table(kText, &memory);
  const auto key = [](int i) {
    return std::to_string(i) + std::string(i % 2 * 200, 'k');
  };
  for (int i = 0; i < 4000; ++i) Count(SlotOf(table, key(i))) = i;
  const auto nothing_moves = [](char*, SlotHeap&, SlotHeap&) {};
  table.Tighten(nothing_moves);  // Hardly anything of it is free.
  const int64_t full_bytes = memory.used_bytes();
  for (int i = 0; i < 4000; ++i) {
    if (i % 8 > 1) table.Erase(SlotOf(table, key(i)));
  }
  table.heap().Reclaim();
  EXPECT_EQ(memory.used_bytes(), full_bytes);
  const auto contents = Contents(table);
  table.Tighten(nothing_moves);
  const int64_t tight_bytes = memory.used_bytes();
  EXPECT_LT(tight_bytes, full_bytes - (200 << 10));
  table.Tighten(
      [](char*, SlotHeap&, SlotHeap&) { FAIL() << "once is enough"; });
  EXPECT_EQ(memory.used_bytes(), tight_bytes);
  EXPECT_EQ(Contents(table), contents);
  EXPECT_EQ(Count(SlotOf(table, key(1))), 1);
}

TEST(TableFillTest, ATableThatFitsDoesNotGrowWithAnotherBatch) {
  const TableFill large = {.size = 79'000, .capacity = 128 << 10,
                           .held_bytes = 3 << 20, .place_bytes = 24};
  EXPECT_FALSE(large.IsFull());
  EXPECT_EQ(large.RoomIn(3 << 20), 81'920 - 2048);
  EXPECT_EQ(large.RoomIn((6 << 20) - 1), 81'920 - 2048);
  EXPECT_EQ(large.RoomIn(6 << 20), 2 * 81'920 - 2048);
  EXPECT_EQ(large.RoomIn(0), 40);
  const TableFill full = {.size = 80'000, .capacity = 128 << 10,
                          .held_bytes = 3 << 20, .place_bytes = 24};
  EXPECT_TRUE(full.IsFull());
  EXPECT_EQ(full.GrownBytes(), 6 << 20);
  // Long keys beside the places count.
  const TableFill keys = {.size = 1, .capacity = 64, .place_bytes = 24,
                          .entry_bytes = 64};
  EXPECT_EQ(keys.RoomIn(3 << 20), 20'480);
}

TEST(KeyGroupsOfTest, RangesOfAllSubtasksCoverEveryGroupOnce) {
  for (int parallelism = 1; parallelism <= 9; ++parallelism) {
    int32_t next = 0;
    for (int i = 0; i < parallelism; ++i) {
      const KeyGroupRange range =
          KeyGroupsOf(SubtaskIndex(i), parallelism, 128);
      EXPECT_EQ(range.first.value(), next);
      next = range.limit.value();
    }
    EXPECT_EQ(next, 128);
  }
}

}  // namespace
}  // namespace millrace
