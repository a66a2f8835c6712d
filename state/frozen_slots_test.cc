// A table that is used, grows, shrinks and is cleared while what a barrier
// froze of it is written, held against maps.

#include "state/frozen_slots.h"

#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/hash.h"
#include "state/keyed_slots.h"

namespace millrace::frozen_slots_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Extent = SnapshotWriter::Extent;
using Values = std::map<std::string, uint64_t>;

constexpr int kMaxParallelism = 16;
// Long keys lie outside their cells.
constexpr int kLongKeyBytes = 20;

class Table {
 public:
  explicit Table(unsigned seed)
      : random_(seed),
        slots_(std::make_unique<KeyedSlots>(KeyedSlots::Options{
            .layout = {.form = KeyForm::kBytes16}, .owner = "test"})) {}

  unsigned Below(unsigned limit) { return random_() % limit; }
  std::string AnyKey(unsigned limit) {
    std::string key = absl::StrCat("k", Below(limit));
    if (key.back() % 3 == 0) key.resize(kLongKeyBytes, '.');
    return key;
  }
  void Put(const std::string& key, uint64_t value) {
    char* slot = nullptr;
    ASSERT_TRUE(slots_->FindOrInsertOne(key, HashBytes(key), &slot).ok());
    std::memcpy(slot, &value, sizeof value);
    values_[key] = value;
  }
  void Erase(const std::string& key) {
    if (values_.erase(key) == 0) return;
    char* slot = nullptr;
    ASSERT_TRUE(slots_->FindOrInsertOne(key, HashBytes(key), &slot).ok());
    slots_->Erase(slot);
    slots_->heap().Reclaim();
  }
  void Change(unsigned keys) {
    switch (Below(8)) {
      case 0:
        return Erase(AnyKey(keys));
      case 1:
        return Erase(AnyKey(keys));
      default:
        return Put(AnyKey(keys), random_());
    }
  }
  // Nothing is known of it afterwards: the next snapshot has everything.
  void Clear() {
    slots_->Clear();
    values_.clear();
  }
  void Destroy() { slots_.reset(); }

  void Freeze(Extent extent) {
    frozen_ = values_;
    // A table that was cleared writes all that it has.
    if (extent == Extent::kAll || !slots_->is_settled()) written_.clear();
    for (const auto& erased : slots_->ErasedKeys()) written_.erase(erased.key);
    auto rest = slots_->Freeze(extent, [this, table = slots_.get()](
                                           const char* slot) {
      uint64_t value = 0;
      std::memcpy(&value, slot, sizeof value);
      const std::string key(table->key(slot));
      EXPECT_TRUE(once_.emplace(key, value).second) << key << " twice";
      return absl::OkStatus();
    });
    ASSERT_TRUE(rest.ok());
    rest_ = *std::move(rest);
    once_.clear();
  }
  // Writes some of the rest; true: it is done, and is what was frozen.
  bool WriteOn(uint32_t limit) {
    if (rest_ != nullptr) {
      const auto done = rest_->WriteOn(limit);
      EXPECT_TRUE(done.ok());
      if (*done == limit) return false;
      rest_.reset();
    }
    for (const auto& [key, value] : once_) written_[key] = value;
    once_.clear();
    EXPECT_EQ(written_, frozen_);
    return true;
  }

  const Values& written() const { return written_; }
  uint64_t capacity() const { return slots_->capacity(); }

 private:
  std::mt19937 random_;
  std::unique_ptr<KeyedSlots> slots_;
  Values values_;   // What is in the table.
  Values frozen_;   // What was at the last Freeze.
  Values once_;     // What this snapshot has written.
  Values written_;  // What all of them have.
  std::unique_ptr<SnapshotRest> rest_;
};

TEST(FrozenSlotsTest, SnapshotsHoldWhatWasThereAtTheirBarrier) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Table table(seed);
    const unsigned keys = 20 << seed % 8;
    for (int snapshot = 0; snapshot < 12; ++snapshot) {
      for (unsigned i = table.Below(2 * keys); i > 0; --i) table.Change(keys);
      table.Freeze(table.Below(4) == 0 ? Extent::kAll : Extent::kChanges);
      // Few changes between slices, or so many that the table grows.
      const unsigned changes = seed % 3 == 0 ? keys : 6;
      do {
        for (unsigned i = table.Below(changes); i > 0; --i) {
          table.Change(keys * 4);
        }
        if (table.Below(200) == 0) table.Clear();
      } while (!table.WriteOn(1 + table.Below(40)));
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(FrozenSlotsTest, WritesAnEntryBeforeItChanges) {
  Table table(1);
  table.Put("a", 1);
  table.Freeze(Extent::kAll);
  table.Put("a", 2);
  table.Put("b", 3);
  EXPECT_TRUE(table.WriteOn(100));
  EXPECT_THAT(table.written(), ElementsAre(Pair("a", 1)));
}

TEST(FrozenSlotsTest, MissesNothingWhenTheTableGrows) {
  Table table(1);
  for (int i = 0; i < 30; ++i) table.Put(absl::StrCat(i), i);
  table.Freeze(Extent::kAll);
  EXPECT_FALSE(table.WriteOn(10));
  const uint64_t before = table.capacity();
  for (int i = 0; i < 5000; ++i) table.Put(absl::StrCat("n", i), 7);
  ASSERT_GT(table.capacity(), before);
  EXPECT_TRUE(table.WriteOn(UINT32_MAX));
  EXPECT_EQ(table.written().size(), 30);
}

// What the last one needed is kept for the next: new memory would have to be
// found and wiped while everything stands still.
TEST(FrozenSlotsTest, ABarrierTakesNoNewMemory) {
  MemoryBudget memory(1 << 20);
  KeyedSlots slots({.layout = {.form = KeyForm::kBytes16},
                    .memory = &memory, .owner = "test"});
  const auto put = [&](const std::string& key) {
    char* slot = nullptr;
    EXPECT_TRUE(slots.FindOrInsertOne(key, HashBytes(key), &slot).ok());
  };
  const auto written = [&](Extent extent) {
    int count = 0;
    auto rest = slots.Freeze(extent, [&](const char*) {
      ++count;
      return absl::OkStatus();
    });
    EXPECT_TRUE(rest.ok()) << rest.status();
    if (!rest.ok()) return -1;
    EXPECT_TRUE((*rest)->WriteOn(UINT32_MAX).ok());
    return count;
  };
  for (int i = 0; i < 1000; ++i) put(absl::StrCat(i));
  EXPECT_EQ(written(Extent::kAll), 1000);
  const int64_t left = memory.limit_bytes() - memory.used_bytes();
  ASSERT_TRUE(memory.Take(left, "others").ok());
  for (int i = 0; i < 4; ++i) {
    put(absl::StrCat(i));
    EXPECT_EQ(written(Extent::kChanges), 1);
  }
  memory.Give(left);
}

TEST(FrozenSlotsTest, ATableThatGoesAwayIsWrittenFirst) {
  Table table(1);
  for (int i = 0; i < 30; ++i) table.Put(absl::StrCat(i), i);
  table.Freeze(Extent::kAll);
  table.Destroy();
  EXPECT_TRUE(table.WriteOn(1));
  EXPECT_EQ(table.written().size(), 30);
}

}  // namespace
}  // namespace millrace::frozen_slots_test
