#include "runtime/operators/aggregate_snapshot.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "runtime/base/memory_budget.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/window_aggregate_operator.h"
#include "runtime/plan/aggregate_partials.h"
#include "state/memory_snapshot.h"

namespace millrace::aggregate_snapshot_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const std::vector<LogicalType> kInput = {kBigInt, kBigInt,
                                         LogicalType::Timestamp(3)};

class DiscardingOutput final : public Output {
 public:
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch) override { return absl::OkStatus(); }
};

std::vector<AggregateCall> Calls() {
  const AggregateCall distinct = {.function = "COUNT", .args = {1},
                                  .arg_types = {kBigInt}, .distinct = true,
                                  .result = kBigInt};
  return {{.function = "COUNT", .result = kBigInt}, distinct};
}

std::unique_ptr<Operator> GroupAggregateIn(MemoryBudget* memory) {
  return *GroupAggregateOperator::Open({.keys = {0}, .calls = Calls()}, kInput,
                                       {.name = "test", .memory = memory});
}
std::unique_ptr<Operator> GroupAggregate() { return GroupAggregateIn(nullptr); }

std::unique_ptr<Operator> WindowAggregate() {
  WindowAggregateSpec spec = {.keys = {0}, .calls = Calls()};
  spec.window = {.kind = WindowSpec::Kind::kHop, .size_ms = 4, .step_ms = 2,
                 .time_column = 2};
  return *WindowAggregateOperator::Open(spec, kInput, {.name = "test"});
}

MemorySnapshot SnapshotOf(Operator& op) {
  MemorySnapshot snapshot;
  EXPECT_TRUE(op.Snapshot(snapshot).ok());
  return snapshot;
}

// 300 rows of 100 keys, with three values and slices each.
MemorySnapshot Filled(std::unique_ptr<Operator> op) {
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 300; ++i) {
    rows.push_back({Value::Int(i % 100), Value::Int(i / 100),
                    Value::Int(2 * (i / 100))});
  }
  DiscardingOutput output;
  EXPECT_TRUE(op->Process(0, BatchOf(kInput, rows), output).ok());
  return SnapshotOf(*op);
}

// How many entries all of `parallelism` subtasks have together.
size_t RestoredEntries(const MemorySnapshot& snapshot, int parallelism,
                       std::unique_ptr<Operator> (*make)()) {
  size_t count = 0;
  for (int subtask = 0; subtask < parallelism; ++subtask) {
    const auto reader = snapshot.Read(
        {.range = KeyGroupsOf(SubtaskIndex(subtask), parallelism, 128),
         .subtask = subtask,
         .parallelism = parallelism});
    const std::unique_ptr<Operator> op = make();
    const absl::Status restored = op->Restore(*reader);
    EXPECT_TRUE(restored.ok()) << restored;
    count += SnapshotOf(*op).entry_count();
  }
  return count;
}

TEST(AggregateSnapshotTest, SubtasksShareGroupsAndTheirDistinctValues) {
  const MemorySnapshot groups = Filled(GroupAggregate());
  EXPECT_EQ(groups.entry_count(), 100 + 300);
  EXPECT_EQ(RestoredEntries(groups, 1, GroupAggregate), 400);
  EXPECT_EQ(RestoredEntries(groups, 3, GroupAggregate), 400);
}

TEST(AggregateSnapshotTest, SubtasksShareSlices) {
  const MemorySnapshot slices = Filled(WindowAggregate());
  EXPECT_EQ(slices.entry_count(), 300 + 300);
  EXPECT_EQ(RestoredEntries(slices, 5, WindowAggregate), 600);
}

// The keys of groups that are written wait for their values.
TEST(AggregateSnapshotTest, KeysThatWaitForTheirValuesAreCharged) {
  constexpr int kGroups = 20'000;
  MemoryBudget memory(1 << 30);
  const auto op = GroupAggregateIn(&memory);
  DiscardingOutput output;
  for (int first = 0; first < kGroups; first += 1000) {
    std::vector<std::vector<Value>> rows;
    for (int i = first; i < first + 1000; ++i) {
      rows.push_back({Value::Int(i), Value::Int(i), Value::Int(0)});
    }
    ASSERT_TRUE(op->Process(0, BatchOf(kInput, rows), output).ok());
  }
  const auto backend = NewMemoryBackend({.job_id = "job"}, nullptr);
  auto writer = backend->BeginSnapshot(CheckpointId(1));
  ASSERT_TRUE(op->Snapshot(*writer).ok());
  const int64_t frozen_bytes = memory.used_bytes();
  // All places of the groups, and some of the values.
  ASSERT_FALSE(*writer->WriteRest(kGroups * 4));
  EXPECT_GE(memory.used_bytes(), frozen_bytes + kGroups * (9 + 16));
  ASSERT_TRUE(*writer->WriteRest(UINT32_MAX));
  writer.reset();
  EXPECT_LE(memory.used_bytes(), frozen_bytes);
}

// Two keys a millisecond with a TTL of 100: the table does not grow for ever,
// and neither do the values of groups that are gone.
TEST(AggregateSnapshotTest, ExpiredGroupsAreSweptWithTheirValues) {
  ManualClock clock(absl::UnixEpoch());
  const auto op = *GroupAggregateOperator::Open(
      {.keys = {0}, .calls = Calls(), .state_ttl_ms = 100}, kInput,
      {.name = "test", .clock = &clock});
  DiscardingOutput output;
  for (int i = 0; i < 5000; ++i) {
    std::vector<std::vector<Value>> rows;
    for (int key : {2 * i, 2 * i + 1}) {
      rows.push_back({Value::Int(key), Value::Int(key), Value::Int(0)});
    }
    ASSERT_TRUE(op->Process(0, BatchOf(kInput, rows), output).ok());
    clock.AdvanceBy(absl::Milliseconds(1));
  }
  const size_t entries = SnapshotOf(*op).entry_count();
  EXPECT_GE(entries, 2 * 200);
  EXPECT_LE(entries, 2 * 600);
}

TEST(AggregateSnapshotTest, OtherCallsAreRefused) {
  const MemorySnapshot snapshot = Filled(GroupAggregate());
  const auto reader =
      snapshot.Read({.range = {KeyGroup(0), KeyGroup(128)}});
  const auto other = *GroupAggregateOperator::Open(
      {.keys = {0}, .calls = {Calls()[0]}}, kInput, {.name = "test"});
  EXPECT_EQ(other->Restore(*reader).code(),
            absl::StatusCode::kFailedPrecondition);
}

// Which of the two an aggregate is depends on the parallelism; its state goes
// on in the other.
TEST(AggregateSnapshotTest, AnAggregateAndTheGlobalHalfOfACutOneAreOne) {
  const LogicalType type = kBigInt;
  const AggregateCall whole = {.function = "AVG", .args = {1},
                               .arg_types = {type}, .filter = 2,
                               .result = type};
  AggregateCall global = whole;
  global.args = {1, 2};
  global.arg_types = PartialTypes(whole);
  global.filter = std::nullopt;
  const std::vector<LogicalType> keys = {kBigInt};
  const auto of_whole = AggregateSchema::Of(keys, std::vector{whole},
                                            AggregatePhase::kSingle);
  const auto of_global = AggregateSchema::Of(keys, std::vector{global},
                                             AggregatePhase::kGlobal);
  EXPECT_EQ(of_whole.value_type, "AVG(BIGINT, BIGINT)");
  EXPECT_EQ(of_global.value_type, of_whole.value_type);
}

// A group whose key or value bytes do not fit is told from one that does.
TEST(AggregateSnapshotTest, DamagedEntriesAreRefused) {
  const AggregateSchema schema =
      AggregateSchema::Of(std::vector<LogicalType>{kBigInt}, Calls(),
                          AggregatePhase::kSingle);
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"123456789", std::string(16, '\0')},
           {"12345678", std::string(15, '\0')},
           {"12345678", std::string(17, '\0')}}) {
    MemorySnapshot snapshot;
    ASSERT_TRUE(snapshot
                    .BeginState({.id = 0, .name = "groups",
                                 .key_type = schema.key_type,
                                 .value_type = schema.value_type})
                    .ok());
    ASSERT_TRUE(snapshot.Entry(KeyGroup(0), key, value).ok());
    const auto reader =
        snapshot.Read({.range = {KeyGroup(0), KeyGroup(128)}});
    EXPECT_EQ(GroupAggregate()->Restore(*reader).code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(TimePrefixTest, SortsAsTimesDo) {
  const int64_t times[] = {INT64_MIN, -1, 0, 1, 1436918400000, INT64_MAX};
  std::string before;
  for (const int64_t time : times) {
    EXPECT_EQ(TimeOfPrefix(TimePrefix(time)), time);
    EXPECT_LT(before, TimePrefix(time));
    before = TimePrefix(time);
  }
}

}  // namespace
}  // namespace millrace::aggregate_snapshot_test
