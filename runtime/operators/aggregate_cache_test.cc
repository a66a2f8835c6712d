#include "runtime/operators/aggregate_cache.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "runtime/base/clock.h"
#include "runtime/base/posix_disk.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/row_text.h"
#include "runtime/operators/window_aggregate_operator.h"
#include "state/memory_snapshot.h"
#include "state/rocksdb_backend.h"
#include "state/storage/local_object_store.h"

namespace millrace::aggregate_cache_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kText = LogicalType::String();
// Key, a number and a text to count, event time.
const std::vector<LogicalType> kInput = {kText, kBigInt, kText,
                                         LogicalType::Timestamp(3)};
const std::vector<LogicalType> kOutput = {kText,   kText,   kBigInt,
                                          kBigInt, kBigInt, kBigInt};

constexpr int64_t kNeighbourBytes = 1 << 20;

class CollectingOutput final : public Output {
 public:
  explicit CollectingOutput(std::vector<LogicalType> types)
      : types_(std::move(types)) {}

  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch batch) override {
    for (std::string& row : RowTexts(batch, types_)) {
      rows_.push_back(std::move(row));
    }
    return absl::OkStatus();
  }
  std::string Take() {
    return absl::StrJoin(std::exchange(rows_, {}), "\n");
  }

 private:
  const std::vector<LogicalType> types_;
  std::vector<std::string> rows_;
};

// Runs what was posted when it is told to.
class QueuedExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    queue_.push_back(std::move(work));
  }
  bool RunOne() {
    if (queue_.empty()) return false;
    const std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    work();
    return true;
  }

 private:
  std::deque<std::function<void()>> queue_;
};

// Without `distinct` there are no values of groups, and groups may be written
// when their barrier has passed.
GroupAggregateSpec Spec(bool keyed, bool retracts, int64_t ttl_ms,
                        bool distinct = true) {
  const auto over = [](std::string function, int column, bool distinct,
                       LogicalType result) {
    return AggregateCall{.function = std::move(function), .args = {column},
                         .arg_types = {kInput[column]}, .distinct = distinct,
                         .result = std::move(result)};
  };
  GroupAggregateSpec spec = {
      .calls = {over("MAX", 2, false, kText), over("SUM", 1, false, kBigInt),
                over("COUNT", 1, distinct, kBigInt),
                over("COUNT", 2, distinct, kBigInt),
                {.function = "COUNT", .result = kBigInt}},
      .input_retracts = retracts, .emit_update_before = true,
      .state_ttl_ms = ttl_ms};
  if (keyed) spec.keys = {0};
  return spec;
}

using Make = std::function<absl::StatusOr<std::unique_ptr<Operator>>(
    const OperatorContext&)>;

struct Case {
  const char* name;
  bool keyed = true;
  bool retracts = false;
  int64_t ttl_ms = 0;
  bool queued = true;
  bool distinct = true;
  int64_t resident_bytes = 1;
  int64_t waiting_bytes = 0;
  bool has_neighbour = false;
  int neighbour_every = 1 << 20;  // Batches after which it wants other memory.
  bool in_memory = false;  // The memory backend.
};

// Two operators of one plan: one with everything in memory, one that may keep
// hardly anything.
class TwinOperators {
 public:
  TwinOperators(Make make, std::vector<LogicalType> output, const Case& given)
      : make_(std::move(make)),
        output_(std::move(output)),
        in_memory_(given.in_memory),
        neighbour_every_(given.neighbour_every),
        folder_(absl::StrCat(testing::TempDir(), "/aggregate_cache_",
                             getpid())) {
    EXPECT_TRUE(RemoveTree(disk_, folder_).ok());
    objects_ =
        *LocalObjectStore::Open(&disk_, {.folder = folder_ + "/objects"});
    options_ = {.folder = folder_ + "/local", .disk = &disk_,
                .memory = *RocksDbMemory::Draw(4 << 20, nullptr),
                .executor = given.queued ? &executor_ : nullptr,
                .resident_bytes = given.resident_bytes,
                .waiting_bytes = given.waiting_bytes};
    if (given.has_neighbour) {
      options_.spare = std::make_shared<SpareMemory>(given.resident_bytes);
      neighbour_.emplace(options_.spare);
    }
    Start();
  }
  ~TwinOperators() {
    cached_.reset();
    writer_.reset();
    backend_.reset();
    while (executor_.RunOne()) {
    }
    EXPECT_TRUE(RemoveTree(disk_, folder_).ok());
  }

  void AdvanceClock(int64_t by_ms) {
    clock_.AdvanceBy(absl::Milliseconds(by_ms));
  }
  void Process(const Batch& batch) {
    if (++batch_count_ % neighbour_every_ == 0) {
      const bool is_odd = batch_count_ / neighbour_every_ % 2 == 1;
      const int64_t wanted = is_odd ? kNeighbourBytes : 0;
      (void)neighbour_->Ask({wanted, wanted});
    }
    Drive([&](Operator& op, Output& output) {
      return op.Process(0, batch, output);
    });
    WriteRest(1 + batch.row_count / 2);
  }
  void Advance(int64_t watermark_ms) {
    Drive([&](Operator& op, Output& output) {
      return op.Advance(watermark_ms, output);
    });
  }

  // What the barrier leaves is written with some more batches, and the upload
  // runs when more have come.
  void BeginCheckpoint() {
    FinishCheckpoint();
    ++checkpoint_;
    pending_ = MemorySnapshot();
    ASSERT_TRUE(plain_->Snapshot(pending_).ok());
    writer_ = backend_->BeginSnapshot(CheckpointId(checkpoint_));
    ASSERT_TRUE(cached_->Snapshot(*writer_).ok());
    WriteRest(0);
    rest_count_ += writer_ != nullptr;
  }
  void WriteRest(uint32_t limit) {
    if (writer_ == nullptr) return;
    const auto is_done = writer_->WriteRest(limit);
    ASSERT_TRUE(is_done.ok()) << is_done.status();
    if (*is_done) upload_ = *backend_->Freeze(std::move(writer_));
  }
  void FinishCheckpoint() {
    WriteRest(UINT32_MAX);
    if (!upload_) return;
    const auto snapshot = std::exchange(upload_, nullptr)();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    plain_snapshot_ = pending_;
    cached_snapshot_ = *snapshot;
    backend_->OnComplete(CheckpointId(checkpoint_));
  }
  void Restart() {
    FinishCheckpoint();
    Start();
    const auto reader =
        plain_snapshot_.Read({.range = {KeyGroup(0), KeyGroup(128)}});
    ASSERT_TRUE(plain_->Restore(*reader).ok());
    const auto store_reader = backend_->Restore({cached_snapshot_});
    ASSERT_TRUE(store_reader.ok()) << store_reader.status();
    ASSERT_TRUE(cached_->Restore(**store_reader).ok());
  }

  int wait_count() const { return wait_count_; }
  int64_t used_bytes() const { return memory_.used_bytes(); }
  SpareMemory::Member& neighbour() { return *neighbour_; }
  // Checkpoints whose barrier left something to be written.
  int rest_count() const { return rest_count_; }
  // In the last checkpoint's state number `state`.
  int StoredEntries(int state) {
    const auto reader =
        NewMemoryBackendFromAnyForm(
            {.job_id = "look", .attempt = ++attempt_, .uid = "groups"},
            options_, objects_.get())
            ->Restore({cached_snapshot_});
    EXPECT_TRUE(reader.ok()) << reader.status();
    int count = 0;
    const absl::Status read = (*reader)->ReadState(
        cached_snapshot_.schemas[state],
        [&](KeyGroup, absl::string_view, absl::string_view) {
          ++count;
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
    return count;
  }

 private:
  // Rows without regard to their order: tables are scanned in theirs.
  static std::string Sorted(std::string rows) {
    std::vector<std::string> lines = absl::StrSplit(rows, '\n');
    std::sort(lines.begin(), lines.end());
    return absl::StrJoin(lines, "\n");
  }
  template <typename Call>
  void Drive(Call call) {
    CollectingOutput output(output_);
    const auto plain = call(*plain_, output);
    ASSERT_TRUE(plain.ok()) << plain.status();
    const std::string expected = Sorted(output.Take());
    for (;;) {
      const auto progress = call(*cached_, output);
      ASSERT_TRUE(progress.ok()) << progress.status();
      if (*progress == Progress::kDone) break;
      ++wait_count_;
      if (executor_.RunOne()) continue;
      // So much waits behind the barrier that nothing more may change.
      ASSERT_TRUE(upload_ || writer_) << "waits for nothing";
      FinishCheckpoint();
    }
    ASSERT_EQ(Sorted(output.Take()), expected);
  }
  void Start() {
    cached_.reset();
    const BackendPlace place = {
        .job_id = "job", .attempt = ++attempt_, .uid = "groups"};
    backend_ = in_memory_ ? NewMemoryBackendFromAnyForm(place, options_,
                                                        objects_.get())
                          : NewRocksDbBackend(place, options_, objects_.get());
    OperatorContext context = {.name = "test", .clock = &clock_};
    plain_ = *make_(context);
    context.state = backend_.get();
    context.memory = &memory_;
    cached_ = *make_(context);
  }

  const Make make_;
  const std::vector<LogicalType> output_;
  const bool in_memory_;
  const int neighbour_every_;
  const std::string folder_;
  PosixDisk disk_;
  QueuedExecutor executor_;
  MemoryBudget memory_{1 << 30};
  ManualClock clock_{absl::UnixEpoch()};
  std::unique_ptr<LocalObjectStore> objects_;
  RocksDbOptions options_;
  std::unique_ptr<OperatorBackend> backend_;
  std::unique_ptr<SnapshotWriter> writer_;  // While something is left.
  std::unique_ptr<Operator> plain_;
  std::unique_ptr<Operator> cached_;
  int64_t attempt_ = 0;
  std::optional<SpareMemory::Member> neighbour_;
  int batch_count_ = 0;
  int64_t checkpoint_ = 0;
  int wait_count_ = 0;
  int rest_count_ = 0;
  OperatorBackend::Upload upload_;
  MemorySnapshot pending_;
  MemorySnapshot plain_snapshot_;
  OperatorSnapshot cached_snapshot_;
};

Make Groups(const GroupAggregateSpec& spec) {
  return [spec](const OperatorContext& context) {
    return GroupAggregateOperator::Open(spec, kInput, context);
  };
}

std::vector<LogicalType> OutputOf(bool keyed) {
  return {kOutput.begin() + (keyed ? 0 : 1), kOutput.end()};
}

Batch RandomBatch(std::mt19937_64& random, bool retracts,
                  int64_t time_ms = 0) {
  std::vector<std::vector<Value>> rows;
  std::vector<RowKind> kinds;
  for (uint64_t i = 1 + random() % 60; i > 0; --i) {
    const uint64_t number = random() % (random() % 4 == 0 ? 10 : 400);
    const std::string text =
        absl::StrCat("v", random() % 4, std::string(random() % 2 * 20, 'v'));
    rows.push_back(
        {Value::Text(absl::StrCat(number, std::string(number % 2 * 20, 'k'))),
         random() % 9 == 0 ? Value::Null()
                           : Value::Int(static_cast<int64_t>(random() % 30)),
         Value::Text(text),
         Value::Int(time_ms + static_cast<int64_t>(random() % 40))});
    const bool retract = retracts && random() % 3 == 0;
    kinds.push_back(retract ? RowKind::kDelete : RowKind::kInsert);
  }
  return BatchOf(kInput, rows, retracts ? kinds : std::vector<RowKind>());
}

class AggregateCacheTest : public testing::TestWithParam<Case> {};

// Random batches, checkpoints whose upload comes late, and restarts: what
// comes out never tells how little is resident.
TEST_P(AggregateCacheTest, NobodySeesHowLittleIsResident) {
  const Case& given = GetParam();
  for (int seed = 0; seed < 2; ++seed) {
    std::mt19937_64 random(seed);
    TwinOperators twins(
        Groups(Spec(given.keyed, given.retracts, given.ttl_ms,
                    given.distinct)),
        OutputOf(given.keyed), given);
    twins.BeginCheckpoint();
    for (int step = 0; step < 150; ++step) {
      twins.Process(RandomBatch(random, given.retracts));
      twins.AdvanceClock(static_cast<int64_t>(random() % 10));
      if (random() % 10 == 0) twins.BeginCheckpoint();
      if (random() % 6 == 0) twins.FinishCheckpoint();
      if (random() % 30 == 0) twins.Restart();
      if (HasFatalFailure()) {
        FAIL() << "seed " << seed << ", step " << step;
      }
    }
    EXPECT_GT(twins.wait_count(),
              given.queued && given.resident_bytes == 1 ? 20 : -1);
    // There is room for everything, and so nothing to wait for but that what
    // was flushed is written.
    EXPECT_GT(twins.wait_count(), given.waiting_bytes > 0 ? 5 : -1);
    EXPECT_GT(twins.rest_count(), 3);
  }
}

// Groups whose keys and largest texts are of so many bytes.
Batch GroupsOf(int first, int count, int text_bytes) {
  std::vector<std::vector<Value>> rows;
  for (int i = first; i < first + count; ++i) {
    const std::string text = absl::StrCat(i, std::string(text_bytes, 't'));
    rows.push_back({Value::Text(text), Value::Int(i), Value::Text(text),
                    Value::Int(0)});
  }
  return BatchOf(kInput, rows);
}

// What a barrier would copy is bounded by what may wait, whether its entries
// are new or only changed.
TEST(AggregateCacheRoomTest, ManyUpdatesAreFlushedBeforeTheirBarrier) {
  TwinOperators twins(Groups(Spec(true, false, 0, /*distinct=*/false)),
                      OutputOf(true),
                      {.name = "Updated", .distinct = false,
                       .resident_bytes = 64 << 20, .waiting_bytes = 1000});
  const Batch groups = GroupsOf(0, 600, 20);
  twins.Process(groups);
  twins.BeginCheckpoint();
  twins.FinishCheckpoint();
  twins.Process(GroupsOf(0, 1, 20));  // Waits for what the first one flushed.
  const int before = twins.wait_count();
  twins.Process(groups);
  twins.Process(groups);
  EXPECT_GT(twins.wait_count(), before);
}

TEST(AggregateCacheRoomTest, LongKeysGiveTheirMemoryBack) {
  TwinOperators twins(Groups(Spec(true, false, 0)), OutputOf(true),
                      {.name = "Long", .resident_bytes = 16 << 20,
                       .has_neighbour = true});
  for (int i = 0; i < 6000; i += 200) twins.Process(GroupsOf(i, 200, 500));
  twins.BeginCheckpoint();
  twins.FinishCheckpoint();
  EXPECT_GT(twins.used_bytes(), 9 << 20);
  twins.neighbour().Ask({16 << 20, 16 << 20});
  for (int i = 0; i < 70; ++i) twins.Process(GroupsOf(6000 + i, 1, 500));
  EXPECT_LT(twins.used_bytes(), 6 << 20);
  for (int i = 0; i < 6000; i += 200) twins.Process(GroupsOf(i, 200, 500));
}

// Ten keys a millisecond with a TTL of 100: neither they nor their values stay
// in the store, though hardly any of them is resident when its time comes.
TEST(AggregateCacheTtlTest, ExpiredGroupsLeaveTheStoreWithTheirValues) {
  TwinOperators twins(Groups(Spec(true, false, /*ttl_ms=*/100)),
                      OutputOf(true), {.name = "Expiring"});
  for (int batch = 0; batch < 800; ++batch) {
    std::vector<std::vector<Value>> rows;
    for (int i = 0; i < 50; ++i) {
      rows.push_back({Value::Text(absl::StrCat(batch * 50 + i)),
                      Value::Int(i), Value::Text(""), Value::Int(0)});
    }
    twins.Process(BatchOf(kInput, rows));
    twins.AdvanceClock(5);
    if (batch % 20 == 0) twins.BeginCheckpoint();
  }
  twins.BeginCheckpoint();
  twins.FinishCheckpoint();
  EXPECT_GE(twins.StoredEntries(0), 1000);
  EXPECT_LE(twins.StoredEntries(0), 6000);
  EXPECT_LE(twins.StoredEntries(1), 6000);
}

void ExpectWindowsComeBack(WindowSpec::Kind kind, const Case& given) {
  WindowAggregateSpec spec = {
      .keys = {0}, .calls = Spec(true, false, 0, given.distinct).calls};
  spec.window = {.kind = kind, .size_ms = 40, .step_ms = 10, .time_column = 3};
  TwinOperators twins(
      [&](const OperatorContext& context) {
        return WindowAggregateOperator::Open(spec, kInput, context);
      },
      kOutput, given);
  std::mt19937_64 random(7);
  twins.BeginCheckpoint();
  int64_t now_ms = 0;
  for (int step = 0; step < 120 && !testing::Test::HasFailure(); ++step) {
    twins.Process(RandomBatch(random, false, now_ms));
    now_ms += static_cast<int64_t>(random() % 8);
    twins.Advance(now_ms);
    if (random() % 6 == 0) twins.BeginCheckpoint();
    if (random() % 4 == 0) twins.FinishCheckpoint();
    if (random() % 20 == 0) twins.Restart();
  }
}

// Windows keep their slices in memory; their changes and the slices that are
// over are the store's all the same.
TEST(WindowsOverAStoreTest, ComeBackFromItsCheckpoints) {
  for (const auto kind :
       {WindowSpec::Kind::kHop, WindowSpec::Kind::kCumulate}) {
    for (const bool distinct : {true, false}) {
      for (const bool in_memory : {false, true}) {
        SCOPED_TRACE(absl::StrCat(distinct, in_memory));
        ExpectWindowsComeBack(kind, {.name = "Windows", .queued = false,
                                     .distinct = distinct,
                                     .in_memory = in_memory});
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AggregateCacheTest,
    testing::Values(Case{.name = "Added"},
                    Case{.name = "AtOnce", .queued = false},
                    Case{.name = "LaterOverMemory", .queued = false,
                         .distinct = false, .resident_bytes = 2,
                         .in_memory = true},
                    Case{.name = "LaterExpiringOverMemory", .ttl_ms = 60,
                         .queued = false, .distinct = false,
                         .resident_bytes = 2, .in_memory = true},
                    Case{.name = "ValuesOverMemory", .queued = false,
                         .resident_bytes = 2, .in_memory = true},
                    Case{.name = "RetractedValuesOverMemory",
                         .retracts = true, .queued = false,
                         .resident_bytes = 2, .in_memory = true},
                    Case{.name = "ExpiringValuesOverMemory", .ttl_ms = 60,
                         .queued = false, .resident_bytes = 2,
                         .in_memory = true},
                    Case{.name = "LaterRetracted", .retracts = true,
                         .distinct = false},
                    Case{.name = "LaterWithMoreRoom", .ttl_ms = 60,
                         .distinct = false, .resident_bytes = 40 << 10},
                    Case{.name = "Retracted", .retracts = true},
                    Case{.name = "Expiring", .ttl_ms = 60},
                    Case{.name = "FlushedEarly", .resident_bytes = 64 << 20,
                         .waiting_bytes = 1000},
                    Case{.name = "WithNeighbour", .resident_bytes = 200 << 10,
                         .has_neighbour = true, .neighbour_every = 40},
                    Case{.name = "WithoutKeys", .keyed = false}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace millrace::aggregate_cache_test
