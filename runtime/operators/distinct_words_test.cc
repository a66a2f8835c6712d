#include "runtime/operators/distinct_words.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/memory_budget.h"

namespace millrace::distinct_words_test {
namespace {

using Key = std::pair<uint64_t, uint32_t>;  // A word and its group.
using Model = std::map<Key, uint32_t>;      // The calls' bits.

// A table over a store, which here is a map, beside a map of everything.
class WordsOverAStore {
 public:
  WordsOverAStore() { EXPECT_TRUE(words_.Settle().ok()); }

  // What the store may have is read first, as an AggregateCache does.
  void Apply(const std::vector<Key>& keys, const std::vector<uint64_t>& masks) {
    std::vector<uint64_t> words;
    std::vector<uint32_t> groups;
    for (const auto& [word, group] : keys) {
      words.push_back(word);
      groups.push_back(group);
    }
    const auto count = static_cast<uint32_t>(keys.size());
    std::vector<uint32_t> unknown;
    words_.FindUnknown(words.data(), groups.data(), count, unknown);
    for (const uint32_t i : unknown) {
      const auto stored = stored_.find(keys[i]);
      if (stored == stored_.end()) continue;
      ASSERT_TRUE(words_
                      .Admit({.word = words[i], .group = groups[i],
                              .bits = stored->second})
                      .ok());
    }
    std::vector<uint64_t> changed(count);
    ASSERT_TRUE(words_
                    .Apply(words.data(), groups.data(), masks.data(), count,
                           changed.data())
                    .ok());
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t& bits = all_[keys[i]];
      ASSERT_EQ(changed[i], masks[i] & ~bits);
      bits |= static_cast<uint32_t>(masks[i]);
      if (changed[i] != 0) changed_[keys[i]] = bits;
    }
  }
  void Settle() {
    EXPECT_EQ(Changed(), changed_);
    EXPECT_EQ(words_.fill().changed, changed_.size());
    for (const auto& [key, bits] : changed_) stored_[key] = bits;
    changed_.clear();
    ASSERT_TRUE(words_.Settle().ok());
  }
  // What is left is as it was, and none of it is missing in the store.
  void Evict(uint64_t count) {
    const uint64_t before = words_.size();
    const uint64_t taken = words_.Evict(count);
    EXPECT_EQ(words_.size(), before - taken);
    const uint64_t most = std::min(count, before - changed_.size());
    EXPECT_LE(taken, most);
    EXPECT_EQ(taken > 0, most > 0);
    const Model left = Resident();
    EXPECT_EQ(left.size(), words_.size());
    for (const auto& [key, bits] : left) EXPECT_EQ(bits, all_[key]);
    for (const auto& [key, bits] : changed_) {
      EXPECT_TRUE(left.contains(key));
    }
  }
  void Shrink() { words_.ShrinkTo(words_.fill().capacity / 2); }

  Model Resident() {
    Model found;
    Collect(&DistinctWords::Scan, found);
    return found;
  }
  DistinctWords& words() { return words_; }

 private:
  Model Changed() {
    Model found;
    Collect(&DistinctWords::ScanChanged, found);
    return found;
  }
  template <typename Scan>
  void Collect(Scan scan, Model& found) {
    constexpr uint32_t kChunk = 7;
    DistinctWords::Entry entries[kChunk];
    uint64_t position = 0;
    for (uint32_t count = kChunk; count == kChunk;) {
      count = (words_.*scan)(&position, kChunk, entries);
      for (uint32_t i = 0; i < count; ++i) {
        EXPECT_TRUE(found
                        .emplace(Key(entries[i].word, entries[i].group),
                                 entries[i].bits)
                        .second);
      }
    }
  }

  DistinctWords words_{nullptr, "test"};
  Model all_;
  Model stored_;
  Model changed_;  // Since the last Settle.
};

TEST(DistinctWordsTest, NobodySeesWhatWasEvicted) {
  for (int seed = 0; seed < 10; ++seed) {
    std::mt19937_64 random(seed);
    WordsOverAStore table;
    for (int step = 0; step < 300; ++step) {
      std::vector<Key> keys;
      std::vector<uint64_t> masks;
      for (uint64_t i = random() % 60; i > 0; --i) {
        keys.emplace_back(random() % 100, random() % 8);
        masks.push_back(1 + random() % 7);
      }
      table.Apply(keys, masks);
      if (random() % 5 == 0) table.Settle();
      if (random() % 3 == 0) table.Evict(random() % 200);
      if (random() % 7 == 0) table.Shrink();
      if (HasFailure()) FAIL() << "seed " << seed << ", step " << step;
    }
  }
}

TEST(DistinctWordsTest, WhatIsLookedUpStays) {
  WordsOverAStore table;
  std::vector<Key> keys;
  for (uint64_t word = 0; word < 100; ++word) keys.emplace_back(word, 1);
  table.Apply(keys, std::vector<uint64_t>(100, 1));
  table.Settle();
  // One round takes the marks away, and the next one entry.
  table.Evict(1);
  keys.resize(50);
  table.Apply(keys, std::vector<uint64_t>(50, 1));
  table.Settle();
  table.Evict(table.words().size() - 50);
  // One that moves to where another has left may be missed.
  const Model left = table.Resident();
  EXPECT_GT(std::count_if(keys.begin(), keys.end(),
                          [&](const Key& key) { return left.contains(key); }),
            40);
}

// Many times its size comes and goes, and no entry lies far from its home.
TEST(DistinctWordsTest, StaysEvenWhileItIsACache) {
  DistinctWords words(nullptr, "test");
  ASSERT_TRUE(words.Settle().ok());
  constexpr uint32_t kBatch = 1000;
  const std::vector<uint64_t> masks(kBatch, 1);
  const std::vector<uint32_t> groups(kBatch, 1);
  std::vector<uint64_t> batch(kBatch);
  std::vector<uint64_t> changed(kBatch);
  for (uint64_t next = 0; next < 3'000'000; next += kBatch) {
    std::iota(batch.begin(), batch.end(), next);
    ASSERT_TRUE(words
                    .Apply(batch.data(), groups.data(), masks.data(), kBatch,
                           changed.data())
                    .ok());
    if (words.size() < 94'000) continue;
    EXPECT_LT(words.MeanDistance(), 3);
    ASSERT_TRUE(words.Settle().ok());
    words.Evict(12'000);
  }
  EXPECT_EQ(words.fill().capacity, 128 << 10);
}

TEST(DistinctWordsTest, ShrinksToWhatItsEntriesNeed) {
  WordsOverAStore table;
  std::vector<Key> keys;
  for (uint64_t word = 0; word < 3000; ++word) keys.emplace_back(word, 1);
  table.Apply(keys, std::vector<uint64_t>(3000, 1));
  table.Settle();
  EXPECT_EQ(table.words().fill().capacity, 4096);
  EXPECT_FALSE(table.words().fill().IsFull());
  table.Shrink();  // Too full for it.
  EXPECT_EQ(table.words().fill().capacity, 4096);
  table.Evict(2000);
  table.Shrink();
  EXPECT_EQ(table.words().fill().capacity, 2048);
  table.Evict(0);  // Looks at what is left.
}

// What the last one needed is kept for the next: new memory would have to be
// found and wiped while everything stands still.
TEST(DistinctWordsTest, ABarrierTakesNoNewMemory) {
  MemoryBudget memory(1 << 20);
  DistinctWords words(&memory, "test");
  const auto add = [&](uint64_t word) {
    const uint32_t group = 1;
    const uint64_t mask = 1;
    uint64_t changed = 0;
    EXPECT_TRUE(words.Apply(&word, &group, &mask, 1, &changed).ok());
  };
  const auto written = [&](SnapshotWriter::Extent extent) {
    int count = 0;
    auto rest = words.Freeze(extent, [&](const DistinctWords::Entry&) {
      ++count;
      return absl::OkStatus();
    });
    EXPECT_TRUE(rest.ok()) << rest.status();
    if (!rest.ok()) return -1;
    EXPECT_TRUE((*rest)->WriteOn(UINT32_MAX).ok());
    return count;
  };
  for (uint64_t word = 0; word < 1000; ++word) add(word);
  EXPECT_EQ(written(SnapshotWriter::Extent::kAll), 1000);
  const int64_t left = memory.limit_bytes() - memory.used_bytes();
  ASSERT_TRUE(memory.Take(left, "others").ok());
  for (uint64_t word = 1000; word < 1004; ++word) {
    add(word);
    EXPECT_EQ(written(SnapshotWriter::Extent::kChanges), 1);
  }
  memory.Give(left);
}

}  // namespace
}  // namespace millrace::distinct_words_test
