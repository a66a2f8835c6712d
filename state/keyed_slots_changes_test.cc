#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/keyed_slots.h"
#include "state/memory_snapshot.h"

namespace millrace::keyed_slots_changes_test {
namespace {

constexpr int kMaxParallelism = 128;

// A table of counters beside the map it must equal, and beside what its
// snapshots say it is.
class CountedTable {
 public:
  explicit CountedTable(KeyForm form)
      : table_({.layout = {.form = form}, .owner = "test"}) {}

  void Set(const std::string& key, int64_t value) {
    *reinterpret_cast<int64_t*>(SlotOf(key)) = value;
    model_[key] = value;
  }
  void Erase(const std::string& key) {
    table_.Erase(SlotOf(key));
    model_.erase(key);
  }
  bool Has(const std::string& key) const { return model_.contains(key); }
  void Clear() {
    table_.Clear();
    model_.clear();
    stored_ = MemorySnapshot();
  }

  // Writes the changes and puts them to the earlier snapshots. Returns how
  // many entries were written, erased ones included.
  size_t Snapshot(SnapshotWriter::Extent extent) {
    MemorySnapshot snapshot(extent);
    Write(snapshot);
    EXPECT_TRUE(table_.Settle().ok());
    EXPECT_FALSE(table_.has_changes());
    if (extent == SnapshotWriter::Extent::kAll) stored_ = MemorySnapshot();
    stored_.Add(snapshot);
    return snapshot.entry_count();
  }

  // What all snapshots make together.
  std::string Stored() const { return stored_.Text(); }
  std::string Expected() const {
    MemorySnapshot expected;
    EXPECT_TRUE(expected.BeginState({}).ok());
    std::map<KeyGroup, std::vector<std::string>> groups;
    for (const auto& [key, value] : model_) {
      groups[GroupOf(HashBytes(key))].push_back(key);
    }
    for (const auto& [group, keys] : groups) {
      for (const std::string& key : keys) {
        EXPECT_TRUE(expected.Entry(group, key, Bytes(model_.at(key))).ok());
      }
    }
    return expected.Text();
  }

 private:
  static std::string Bytes(int64_t value) {
    return std::string(reinterpret_cast<const char*>(&value), 8);
  }
  static KeyGroup GroupOf(uint64_t hash) {
    return KeyGroup(KeyGroupOf(hash, kMaxParallelism));
  }
  char* SlotOf(const std::string& key) {
    char* slot = nullptr;
    EXPECT_TRUE(table_.FindOrInsertOne(key, HashBytes(key), &slot).ok());
    return slot;
  }
  void Write(MemorySnapshot& snapshot) {
    EXPECT_TRUE(snapshot.BeginState({}).ok());
    const bool all = snapshot.extent() == SnapshotWriter::Extent::kAll;
    const bool is_counted = !all && table_.is_settled();
    uint64_t count = 0;
    std::vector<KeyedSlots::ErasedKey> erased;
    if (!all) erased = table_.ErasedKeys();
    auto gone = erased.begin();
    for (KeyGroup group(0); group < KeyGroup(kMaxParallelism);
         group = group.Next()) {
      const auto entry = [&](const char* slot) {
        EXPECT_TRUE(
            snapshot.Entry(group, table_.key(slot), {slot, 8}).ok());
        ++count;
      };
      if (all) {
        table_.ForEachInGroup(group, kMaxParallelism, entry);
      } else {
        table_.ForEachChangedInGroup(group, kMaxParallelism, entry);
      }
      for (; gone != erased.end() && GroupOf(gone->hash) == group; ++gone) {
        EXPECT_TRUE(snapshot.Erased(group, gone->key).ok());
      }
    }
    // What it says beforehand that there will be.
    if (is_counted) {
      EXPECT_EQ(table_.fill().changed, count);
    }
    EXPECT_GE(table_.fill().erased, erased.size());
  }

  KeyedSlots table_;
  std::map<std::string, int64_t> model_;
  MemorySnapshot stored_;
};

constexpr auto kAll = SnapshotWriter::Extent::kAll;
constexpr auto kChanges = SnapshotWriter::Extent::kChanges;

std::string Key(KeyForm form, uint64_t number) {
  if (form == KeyForm::kWord) {
    return std::string(reinterpret_cast<const char*>(&number), 8);
  }
  // Inline in a cell, and not.
  return std::to_string(number) + std::string(number % 3 * 12, 'k');
}

TEST(KeyedSlotsChangesTest, WritesOnlyWhatWasTouched) {
  CountedTable table(KeyForm::kBytes16);
  for (int i = 0; i < 1000; ++i) table.Set(std::to_string(i), i);
  EXPECT_EQ(table.Snapshot(kAll), 1000);
  EXPECT_EQ(table.Snapshot(kChanges), 0);
  table.Set("7", 70);
  table.Set("new", 1);
  table.Erase("8");
  EXPECT_EQ(table.Snapshot(kChanges), 3);
  EXPECT_EQ(table.Stored(), table.Expected());
}

TEST(KeyedSlotsChangesTest, ForgetsKeysThatNoSnapshotHad) {
  CountedTable table(KeyForm::kBytes16);
  table.Set("old", 1);
  table.Snapshot(kAll);
  table.Set("new", 1);
  table.Erase("new");
  EXPECT_EQ(table.Snapshot(kChanges), 0);
  table.Erase("old");
  table.Set("old", 2);
  table.Erase("old");
  EXPECT_EQ(table.Snapshot(kChanges), 1);
  EXPECT_EQ(table.Stored(), "");
}

TEST(KeyedSlotsChangesTest, AKeyThatCameBackIsWrittenOnce) {
  CountedTable table(KeyForm::kWord);
  const std::string key = Key(KeyForm::kWord, 0);
  table.Set(key, 1);
  table.Snapshot(kAll);
  table.Erase(key);
  table.Set(key, 2);
  EXPECT_EQ(table.Snapshot(kChanges), 1);
  EXPECT_EQ(table.Stored(), table.Expected());
}

TEST(KeyedSlotsChangesTest, EverythingIsNewToItsFirstSnapshot) {
  CountedTable table(KeyForm::kWord);
  table.Set(Key(KeyForm::kWord, 1), 1);
  EXPECT_EQ(table.Snapshot(kChanges), 1);
  table.Clear();
  table.Set(Key(KeyForm::kWord, 2), 1);
  EXPECT_EQ(table.Snapshot(kChanges), 1);
  EXPECT_EQ(table.Stored(), table.Expected());
}

// Random puts, erasures and snapshots of either extent, at sizes where the
// table grows and its entries are displaced.
TEST(KeyedSlotsChangesTest, SnapshotsAddUpToTheTable) {
  for (const KeyForm form : {KeyForm::kWord, KeyForm::kBytes16}) {
    for (int seed = 0; seed < 30; ++seed) {
      std::mt19937_64 random(seed);
      CountedTable table(form);
      const uint64_t key_count = 1 + random() % 3000;
      for (int step = 0; step < 30; ++step) {
        const uint64_t changes = random() % 400;
        const uint64_t erased_part = random() % 8;
        for (uint64_t i = 0; i < changes; ++i) {
          const std::string key = Key(form, random() % key_count);
          if (random() % 8 < erased_part && table.Has(key)) {
            table.Erase(key);
          } else {
            table.Set(key, static_cast<int64_t>(random() % 1000));
          }
        }
        table.Snapshot(random() % 4 == 0 ? kAll : kChanges);
        ASSERT_EQ(table.Stored(), table.Expected())
            << "seed " << seed << ", step " << step;
      }
    }
  }
}

// A subtask's table has homes for its own hashes alone; a group may be wider.
TEST(KeyedSlotsChangesTest, ATableOfSomeHashesFindsItsChangesInAWiderGroup) {
  for (const auto& [first, last] :
       {std::pair<uint64_t, uint64_t>{0, UINT64_MAX / 2},
        {UINT64_MAX / 3, UINT64_MAX / 3 * 2},
        {UINT64_MAX / 2, UINT64_MAX}}) {
    KeyedSlots table({.layout = {.form = KeyForm::kWord},
                      .hashes = {first, last},
                      .owner = "test"});
    char* slot = nullptr;
    ASSERT_TRUE(table.FindOrInsertOne("12345678", first, &slot).ok());
    ASSERT_TRUE(table.Settle().ok());
    int count = 0;
    for (uint64_t i = 0; i < 500; ++i) {
      const std::string key(reinterpret_cast<const char*>(&i), 8);
      const uint64_t hash = HashBytes(key);
      if (hash < first || hash > last) continue;
      ASSERT_TRUE(table.FindOrInsertOne(key, hash, &slot).ok());
      ++count;
    }
    int changed = 0;
    table.ForEachChangedInGroup(KeyGroup(0), 1, [&](char*) { ++changed; });
    EXPECT_EQ(changed, count) << first;
    int all = 0;
    table.ForEachInGroup(KeyGroup(0), 1, [&](char*) { ++all; });
    EXPECT_EQ(all, count + 1) << first;
  }
}

}  // namespace
}  // namespace millrace::keyed_slots_changes_test
