// What KeyedRows and KeyedSorted promise, on both backends and on a cache that
// may keep hardly anything, held against plain maps.

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "state/keyed_rows.h"
#include "state/keyed_sorted.h"
#include "state/memory_snapshot.h"
#include "state/rocksdb_backend.h"
#include "state/storage/local_object_store.h"

namespace millrace::keyed_collections_test {
namespace {

constexpr int kMaxParallelism = 16;
const StateSchema kSchema = {.id = 3, .name = "rows", .version = 1,
                             .key_type = "STRING", .value_type = "STRING"};
const KeyLayout kLayout = {.form = KeyForm::kBytes16};

class QueuedExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    queue_.push_back(std::move(work));
  }
  void RunAll() {
    while (!queue_.empty()) {
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> queue_;
};

// Keys as a batch, packed.
class KeyBatch {
 public:
  explicit KeyBatch(std::vector<std::string> texts)
      : texts_(std::move(texts)), cells_(texts_.size() * 16) {
    for (size_t i = 0; i < texts_.size(); ++i) {
      hashes_.push_back(HashBytes(texts_[i]));
      kLayout.SetCell(texts_[i], cells_.data() + i * 16);
    }
  }
  PackedKeys keys() const {
    return {.count = static_cast<uint32_t>(texts_.size()),
            .hashes = hashes_.data(), .cells = cells_.data()};
  }
  const std::string& text(size_t i) const { return texts_[i]; }
  size_t size() const { return texts_.size(); }

 private:
  std::vector<std::string> texts_;
  std::vector<uint64_t> hashes_;
  std::vector<char> cells_;
};

// Every key's items in their order.
using Model = std::map<std::string,
                       std::vector<std::pair<std::string, std::string>>>;

// One operation of either collection on a batch; `items` are sort keys and
// rows. Rows have no sort keys.
struct RowsUnderTest {
  explicit RowsUnderTest(KeyedBuckets::Options options)
      : state(NewKeyedRows(std::move(options))) {}
  static constexpr bool kSorted = false;

  absl::Status Add(const PackedKeys& keys, const KeyedSorted::Item* items) {
    return state->Append(keys, RowsOf(keys, items).data());
  }
  absl::Status Remove(const PackedKeys& keys, const KeyedSorted::Item* items,
                      uint8_t* found) {
    return state->Retract(keys, RowsOf(keys, items).data(), found);
  }
  Model Read(const KeyBatch& batch) {
    Model model;
    state->Probe(batch.keys(), [&](uint32_t i, absl::string_view row) {
      model[batch.text(i)].emplace_back("", row);
    });
    return model;
  }
  static std::vector<absl::string_view> RowsOf(
      const PackedKeys& keys, const KeyedSorted::Item* items) {
    std::vector<absl::string_view> rows;
    for (uint32_t i = 0; i < keys.count; ++i) rows.push_back(items[i].row);
    return rows;
  }

  std::unique_ptr<KeyedRows> state;
};

struct SortedUnderTest {
  explicit SortedUnderTest(KeyedBuckets::Options options)
      : state(NewKeyedSorted(std::move(options))) {}
  static constexpr bool kSorted = true;

  absl::Status Add(const PackedKeys& keys, const KeyedSorted::Item* items) {
    return state->Insert(keys, items);
  }
  absl::Status Remove(const PackedKeys& keys, const KeyedSorted::Item* items,
                      uint8_t* found) {
    return state->Erase(keys, items, found);
  }
  Model Read(const KeyBatch& batch) {
    Model model;
    for (uint32_t i = 0; i < batch.size(); ++i) {
      state->Scan(batch.keys(), i, {}, [&](const KeyedSorted::Item& item) {
        model[batch.text(i)].emplace_back(item.sort_key, item.row);
        return true;
      });
    }
    return model;
  }

  std::unique_ptr<KeyedSorted> state;
};

enum class Below { kMemory, kRocksDb, kHardlyAnything };

// The subtasks of one operator with one collection, and what each must hold.
template <typename Collection>
class Job {
 public:
  Job(Below below, unsigned seed)
      : below_(below),
        random_(seed),
        folder_(absl::StrCat(testing::TempDir(), "/collections_", getpid())) {
    EXPECT_TRUE(RemoveTree(disk_, folder_).ok());
    objects_ =
        *LocalObjectStore::Open(&disk_, {.folder = folder_ + "/objects"});
    options_ = {.folder = folder_ + "/local", .disk = &disk_,
                .memory = *RocksDbMemory::Draw(4 << 20, nullptr),
                .executor = &executor_,
                .resident_bytes = below == Below::kHardlyAnything ? 2000
                                                                  : 1 << 20};
    Start(2);
  }
  ~Job() {
    executor_.RunAll();
    subtasks_.clear();
    EXPECT_TRUE(RemoveTree(disk_, folder_).ok());
  }

  // From the last checkpoint on.
  void Start(int parallelism) {
    executor_.RunAll();
    subtasks_.clear();
    ++attempt_;
    for (int i = 0; i < parallelism; ++i) {
      const BackendPlace place = {.job_id = "job", .attempt = attempt_,
                                  .uid = "rows", .subtask = i,
                                  .parallelism = parallelism,
                                  .max_parallelism = kMaxParallelism};
      auto backend =
          below_ == Below::kMemory
              ? NewMemoryBackendFromAnyForm(place, options_, objects_.get())
              : NewRocksDbBackend(place, options_, objects_.get());
      const KeyGroupRange groups =
          KeyGroupsOf(SubtaskIndex(i), parallelism, kMaxParallelism);
      Subtask& subtask = subtasks_.emplace_back();
      subtask.backend = std::move(backend);
      subtask.collection = std::make_unique<Collection>(KeyedBuckets::Options{
          .schema = kSchema, .layout = kLayout,
          .hashes = HashesOf(groups, kMaxParallelism),
          .max_parallelism = kMaxParallelism, .memory = &memory_,
          .backend = subtask.backend.get(), .owner = "test"});
      const auto reader = subtask.backend->Restore(ShareOf(completed_, place));
      ASSERT_TRUE(reader.ok()) << reader.status();
      ASSERT_TRUE(subtask.collection->state->Restore(**reader).ok());
    }
    model_ = completed_model_;
  }

  void Change() {
    std::vector<std::vector<std::string>> keys(subtasks_.size());
    for (unsigned i = Draw(20) + 1; i > 0; --i) {
      const unsigned number = Draw(80);
      const std::string key =
          absl::StrCat("k", number, std::string(number % 2 * 20, 'k'));
      keys[OwnerOf(key)].push_back(key);
    }
    for (size_t i = 0; i < subtasks_.size(); ++i) {
      if (!keys[i].empty()) ChangeBatch(*subtasks_[i].collection,
                                        KeyBatch(keys[i]));
    }
  }

  void Checkpoint() {
    const CheckpointId checkpoint(++checkpoint_);
    Manifest manifest = {.checkpoint = checkpoint};
    for (Subtask& subtask : subtasks_) {
      auto writer = subtask.backend->BeginSnapshot(checkpoint);
      ASSERT_TRUE(subtask.collection->state->Snapshot(*writer).ok());
      auto snapshot = (*subtask.backend->Freeze(std::move(writer)))();
      ASSERT_TRUE(snapshot.ok()) << snapshot.status();
      manifest.operators.push_back(*std::move(snapshot));
      subtask.backend->OnComplete(checkpoint);
    }
    completed_ = std::move(manifest);
    completed_model_ = model_;
  }

  void CheckAll() {
    std::vector<std::vector<std::string>> keys(subtasks_.size());
    for (const auto& [key, items] : model_) keys[OwnerOf(key)].push_back(key);
    for (size_t i = 0; i < subtasks_.size(); ++i) {
      if (!keys[i].empty()) CheckBatch(*subtasks_[i].collection,
                                       KeyBatch(keys[i]));
    }
  }

  unsigned Draw(unsigned limit) { return random_() % limit; }

 private:
  struct Subtask {
    std::unique_ptr<OperatorBackend> backend;
    std::unique_ptr<Collection> collection;
  };

  size_t OwnerOf(const std::string& key) const {
    return KeyGroupOf(HashBytes(key), kMaxParallelism) * subtasks_.size() /
           kMaxParallelism;
  }
  void Prepare(Collection& collection, const PackedKeys& keys) {
    for (int tries = 0;; ++tries) {
      const auto access = collection.state->Prepare(keys);
      ASSERT_TRUE(access.ok()) << access.status();
      if (*access == StateAccess::kReady) return;
      ASSERT_LT(tries, 5);
      executor_.RunAll();
    }
  }
  void ChangeBatch(Collection& collection, const KeyBatch& batch) {
    Prepare(collection, batch.keys());
    std::deque<std::string> texts;
    std::vector<KeyedSorted::Item> items;
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto& sort = texts.emplace_back(
          Collection::kSorted ? std::string(Draw(4), 'a' + Draw(3)) : "");
      const auto& row =
          texts.emplace_back(absl::StrCat("r", Draw(6), std::string(30, 'r')));
      items.push_back({.sort_key = sort, .row = row});
    }
    const bool add = Draw(3) > 0;
    std::vector<uint8_t> found(batch.size());
    const absl::Status status =
        add ? collection.Add(batch.keys(), items.data())
            : collection.Remove(batch.keys(), items.data(), found.data());
    ASSERT_TRUE(status.ok()) << status;
    for (size_t i = 0; i < batch.size(); ++i) {
      auto& expected = model_[batch.text(i)];
      const std::pair item(std::string(items[i].sort_key),
                           std::string(items[i].row));
      if (add) {
        expected.insert(std::upper_bound(expected.begin(), expected.end(), item,
                                         [](const auto& a, const auto& b) {
                                           return a.first < b.first;
                                         }),
                        item);
        continue;
      }
      const auto equal = std::find(expected.begin(), expected.end(), item);
      ASSERT_EQ(found[i] != 0, equal != expected.end());
      if (found[i] != 0) expected.erase(equal);
    }
    CheckItems(collection, batch);
  }
  void CheckBatch(Collection& collection, const KeyBatch& batch) {
    Prepare(collection, batch.keys());
    CheckItems(collection, batch);
  }
  // Of each key once, however often it is in the batch.
  void CheckItems(Collection& collection, const KeyBatch& batch) {
    for (size_t i = 0; i < batch.size(); ++i) {
      const KeyBatch one({batch.text(i)});
      Model found = collection.Read(one);
      ASSERT_EQ(found[batch.text(i)], model_[batch.text(i)]);
    }
  }

  const Below below_;
  std::mt19937 random_;
  const std::string folder_;
  PosixDisk disk_;
  QueuedExecutor executor_;
  MemoryBudget memory_{1 << 30};
  std::unique_ptr<LocalObjectStore> objects_;
  RocksDbOptions options_;
  std::deque<Subtask> subtasks_;
  int64_t attempt_ = 0;
  int64_t checkpoint_ = 0;
  Model model_;
  Manifest completed_;
  Model completed_model_;
};

template <typename Collection>
void RunRandomly(Below below) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Job<Collection> job(below, seed);
    for (int step = 0; step < 60; ++step) {
      job.Change();
      if (job.Draw(8) == 0) job.Checkpoint();
      if (job.Draw(20) == 0) {
        job.Start(1 + static_cast<int>(job.Draw(3)));
        job.CheckAll();
      }
      if (testing::Test::HasFailure()) return;
    }
    job.CheckAll();
  }
}

class KeyedCollectionsTest : public testing::TestWithParam<Below> {};

TEST_P(KeyedCollectionsTest, RowsAreAsAMapsLists) {
  RunRandomly<RowsUnderTest>(GetParam());
}

TEST_P(KeyedCollectionsTest, SortedAreAsAMapsSortedLists) {
  RunRandomly<SortedUnderTest>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Backends, KeyedCollectionsTest,
                         testing::Values(Below::kMemory, Below::kRocksDb,
                                         Below::kHardlyAnything));

TEST(KeyedSortedTest, ScansARangeInEitherDirection) {
  const auto state = NewKeyedSorted(
      {.schema = kSchema, .layout = kLayout, .owner = "test"});
  const KeyBatch key({"k", "k", "k", "k"});
  const KeyedSorted::Item items[] = {
      {"b", "1"}, {"a", "2"}, {"b", "3"}, {"c", "4"}};
  ASSERT_TRUE(state->Insert(key.keys(), items).ok());
  const auto rows = [&](const KeyedSorted::Range& range) {
    std::string rows;
    state->Scan(key.keys(), 0, range, [&](const KeyedSorted::Item& item) {
      absl::StrAppend(&rows, item.row);
      return rows.size() < 3;
    });
    return rows;
  };
  EXPECT_EQ(rows({}), "213");
  EXPECT_EQ(rows({.first = "b"}), "134");
  EXPECT_EQ(rows({.first = "a", .limit = "b"}), "2");
  EXPECT_EQ(rows({.limit = "c", .descending = true}), "312");
}

TEST(KeyedRowsTest, GivesBackItsMemory) {
  MemoryBudget memory(1 << 20);
  {
    const auto state = NewKeyedRows({.schema = kSchema, .layout = kLayout,
                                     .memory = &memory, .owner = "test"});
    const KeyBatch key({"k"});
    const std::string row(1000, 'r');
    const absl::string_view rows[] = {row};
    absl::Status status;
    for (int i = 0; i < 5000 && status.ok(); ++i) {
      status = state->Append(key.keys(), rows);
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(memory.used_bytes(), 0);
}

// Its items grow in place: nothing is copied that would need room beside them.
TEST(KeyedRowsTest, HoldsMoreThanHalfOfWhatItsBudgetHas) {
  PosixDisk disk;
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/rows_room_", getpid());
  const auto objects =
      *LocalObjectStore::Open(&disk, {.folder = folder + "/objects"});
  MemoryBudget memory(8 << 20);
  const RocksDbOptions options = {
      .folder = folder + "/local", .disk = &disk,
      .memory = *RocksDbMemory::Draw(4 << 20, nullptr),
      .spare = std::make_shared<SpareMemory>(6 << 20, &memory)};
  const auto backend = NewRocksDbBackend(
      {.job_id = "job", .uid = "rows", .max_parallelism = kMaxParallelism},
      options, objects.get());
  {
    const auto state = NewKeyedRows(
        {.schema = kSchema, .layout = kLayout,
         .max_parallelism = kMaxParallelism, .memory = &memory,
         .backend = backend.get(), .owner = "test"});
    const std::string row(1000, 'r');
    const absl::string_view rows[] = {row};
    int64_t most_bytes = 0;
    for (int i = 0; i < 10'000; ++i) {
      const KeyBatch key({absl::StrCat("k", i)});
      ASSERT_EQ(*state->Prepare(key.keys()), StateAccess::kReady);
      ASSERT_TRUE(state->Append(key.keys(), rows).ok());
      most_bytes = std::max(most_bytes, memory.used_bytes());
    }
    EXPECT_GT(most_bytes, 5 << 20);
    EXPECT_LT(most_bytes, 7 << 20);
  }
  EXPECT_TRUE(RemoveTree(disk, folder).ok());
}

}  // namespace
}  // namespace millrace::keyed_collections_test
