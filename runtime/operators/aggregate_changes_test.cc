#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/clock.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "runtime/operators/window_aggregate_operator.h"
#include "state/memory_snapshot.h"

namespace millrace::aggregate_changes_test {
namespace {

const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kText = LogicalType::String();
// Key, a number and a text to count, event time.
const std::vector<LogicalType> kInput = {kText, kBigInt, kText,
                                         LogicalType::Timestamp(3)};
constexpr auto kAll = SnapshotWriter::Extent::kAll;
constexpr auto kChanges = SnapshotWriter::Extent::kChanges;

class DiscardingOutput final : public Output {
 public:
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch) override { return absl::OkStatus(); }
};

std::vector<AggregateCall> Calls() {
  const auto over = [](std::string function, int column, bool distinct,
                       LogicalType result) {
    return AggregateCall{.function = std::move(function), .args = {column},
                         .arg_types = {kInput[column]}, .distinct = distinct,
                         .result = std::move(result)};
  };
  return {over("MAX", 2, false, kText), over("SUM", 1, false, kBigInt),
          over("COUNT", 1, true, kBigInt), over("COUNT", 2, true, kBigInt)};
}

// One operator that lives through random batches and snapshots of changes,
// beside what these snapshots add up to.
class ChangingOperator {
 public:
  using Make = std::function<absl::StatusOr<std::unique_ptr<Operator>>(
      const OperatorContext&)>;
  explicit ChangingOperator(Make make) : make_(std::move(make)) { Open(); }

  void Process(const Batch& batch) {
    const auto progress = operator_->Process(0, batch, output_);
    ASSERT_TRUE(progress.ok()) << progress.status();
  }
  void Advance(int64_t watermark_ms) {
    const auto progress = operator_->Advance(watermark_ms, output_);
    ASSERT_TRUE(progress.ok()) << progress.status();
  }
  void AdvanceClock(int64_t by_ms) {
    clock_.AdvanceBy(absl::Milliseconds(by_ms));
  }

  void Snapshot(SnapshotWriter::Extent extent) {
    MemorySnapshot snapshot(extent);
    ASSERT_TRUE(operator_->Snapshot(snapshot).ok());
    if (extent == kAll) stored_ = MemorySnapshot();
    stored_.Add(snapshot);
  }
  void Restart() {
    Open();
    const auto reader = stored_.Read({.range = {KeyGroup(0), KeyGroup(128)}});
    ASSERT_TRUE(operator_->Restore(*reader).ok());
  }
  std::string Stored() const { return stored_.Text(); }
  // What a whole snapshot says. Settles the state, as every snapshot does, so
  // REQUIRES that one was just taken.
  std::string Whole() {
    MemorySnapshot snapshot;
    EXPECT_TRUE(operator_->Snapshot(snapshot).ok());
    return snapshot.Text();
  }

 private:
  void Open() {
    operator_ = *make_({.name = "test", .clock = &clock_});
  }

  Make make_;
  ManualClock clock_{absl::UnixEpoch()};
  std::unique_ptr<Operator> operator_;
  DiscardingOutput output_;
  MemorySnapshot stored_;
};

// Rows whose retractions take back what an earlier row of the batch brought,
// or nothing.
Batch RandomBatch(std::mt19937_64& random, bool retracts, int64_t now_ms) {
  std::vector<std::vector<Value>> rows;
  std::vector<RowKind> kinds;
  const uint64_t key_count = 1 + random() % 60;
  for (uint64_t i = random() % 120; i > 0; --i) {
    const std::string key = std::to_string(random() % key_count) +
                            std::string(random() % 2 * 20, 'k');
    rows.push_back({Value::Text(key),
                    Value::Int(static_cast<int64_t>(random() % 5)),
                    Value::Text("v" + std::to_string(random() % 4) +
                                std::string(random() % 2 * 20, 'v')),
                    Value::Int(now_ms + static_cast<int64_t>(random() % 40))});
    const bool retract = retracts && random() % 2 == 0;
    kinds.push_back(retract ? RowKind::kDelete : RowKind::kInsert);
  }
  return BatchOf(kInput, rows, retracts ? kinds : std::vector<RowKind>());
}

void RunRandomly(const ChangingOperator::Make& make, bool retracts) {
  for (int seed = 0; seed < 15; ++seed) {
    std::mt19937_64 random(seed);
    ChangingOperator op(make);
    op.Snapshot(kAll);
    int64_t now_ms = 0;
    for (int step = 0; step < 40; ++step) {
      op.Process(RandomBatch(random, retracts, now_ms));
      if (random() % 3 == 0) {
        now_ms += static_cast<int64_t>(random() % 30);
        op.Advance(now_ms);
      }
      op.AdvanceClock(static_cast<int64_t>(random() % 20));
      if (random() % 3 != 0) continue;
      op.Snapshot(random() % 5 == 0 ? kAll : kChanges);
      ASSERT_EQ(op.Stored(), op.Whole())
          << "seed " << seed << ", step " << step;
      if (random() % 4 == 0) op.Restart();
    }
  }
}

TEST(AggregateChangesTest, GroupsOfRowsThatAreOnlyAdded) {
  RunRandomly(
      [](const OperatorContext& context) {
        return GroupAggregateOperator::Open({.keys = {0}, .calls = Calls()},
                                            kInput, context);
      },
      false);
}

TEST(AggregateChangesTest, GroupsThatComeAndGo) {
  RunRandomly(
      [](const OperatorContext& context) {
        return GroupAggregateOperator::Open(
            {.keys = {0}, .calls = Calls(), .input_retracts = true}, kInput,
            context);
      },
      true);
}

TEST(AggregateChangesTest, GroupsThatExpire) {
  RunRandomly(
      [](const OperatorContext& context) {
        return GroupAggregateOperator::Open(
            {.keys = {0}, .calls = Calls(), .state_ttl_ms = 50}, kInput,
            context);
      },
      false);
}

TEST(AggregateChangesTest, SlicesOfWindows) {
  for (const auto kind : {WindowSpec::Kind::kTumble, WindowSpec::Kind::kHop,
                          WindowSpec::Kind::kCumulate}) {
    RunRandomly(
        [kind](const OperatorContext& context) {
          WindowAggregateSpec spec = {.keys = {0}, .calls = Calls()};
          spec.window = {.kind = kind, .size_ms = 40, .step_ms = 10,
                         .time_column = 3};
          return WindowAggregateOperator::Open(spec, kInput, context);
        },
        false);
  }
}

// A slice that no row has reached since the last snapshot, and one that is
// over, cost nothing to speak of.
TEST(AggregateChangesTest, SealedSlicesAreNotWrittenAgain) {
  WindowAggregateSpec spec = {.keys = {0}, .calls = {Calls()[1]}};
  spec.window = {.kind = WindowSpec::Kind::kTumble, .size_ms = 10,
                 .step_ms = 10, .time_column = 3};
  const auto op =
      *WindowAggregateOperator::Open(spec, kInput, {.name = "test"});
  DiscardingOutput output;
  const auto add = [&](int key_count, int64_t time_ms) {
    std::vector<std::vector<Value>> rows;
    for (int i = 0; i < key_count; ++i) {
      rows.push_back({Value::Text(std::to_string(i)), Value::Int(1),
                      Value::Text(""), Value::Int(time_ms)});
    }
    ASSERT_TRUE(op->Process(0, BatchOf(kInput, rows), output).ok());
  };
  const auto written = [&] {
    MemorySnapshot changes(kChanges);
    EXPECT_TRUE(op->Snapshot(changes).ok());
    return changes.entry_count();
  };
  add(100, 5);
  EXPECT_EQ(written(), 100);
  add(3, 15);
  EXPECT_EQ(written(), 3);
  ASSERT_TRUE(op->Advance(9, output).ok());
  EXPECT_EQ(written(), 0);
}

}  // namespace
}  // namespace millrace::aggregate_changes_test
