#include "runtime/operators/aggregate_fill.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/group_aggregate_operator.h"
#include "state/memory_backend.h"
#include "state/memory_snapshot.h"

namespace millrace::aggregate_fill_test {
namespace {

const LogicalType kNumber = LogicalType::BigInt();
const LogicalType kWords = LogicalType::String();
const std::vector<LogicalType> kFillInput = {kWords, kNumber, kWords};

class NoOutput final : public Output {
 public:
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch) override { return absl::OkStatus(); }
};

std::unique_ptr<Operator> OpenAggregate(bool retracts) {
  const auto over = [](std::string function, int column, LogicalType result) {
    return AggregateCall{.function = std::move(function), .args = {column},
                         .arg_types = {kFillInput[column]},
                         .result = std::move(result)};
  };
  GroupAggregateSpec spec = {.keys = {0}, .input_retracts = retracts};
  spec.calls = {{.function = "COUNT", .result = kNumber},
                over("MAX", 2, kWords), over("MIN", 1, kNumber),
                over("AVG", 1, kNumber)};
  return *GroupAggregateOperator::Open(spec, kFillInput, {.name = "test"});
}

// Some keys and texts lie outside of their cells and slots.
Batch RandomRows(std::mt19937_64& random) {
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 500; ++i) {
    const uint64_t number = random() % 900;
    rows.push_back({Value::Text(absl::StrCat(
                        number, std::string(number % 3 * 10, 'k'))),
                    Value::Int(static_cast<int64_t>(random() % 1000)),
                    Value::Text(absl::StrCat(
                        random() % 9, std::string(number % 2 * 20, 't')))});
  }
  return BatchOf(kFillInput, rows);
}

std::string WholeText(Operator& op) {
  MemorySnapshot snapshot;
  EXPECT_TRUE(op.Snapshot(snapshot).ok());
  return snapshot.Text();
}

std::unique_ptr<OperatorBackend> Backend(uint64_t least_shared) {
  return NewMemoryBackend({.job_id = "job", .uid = "groups"}, nullptr,
                          {.inline_limit_bytes = 1 << 30,
                           .restore = {.least_shared = least_shared}});
}

// A base and three runs of changes.
class AggregateFillTest : public ::testing::TestWithParam<bool> {
 protected:
  AggregateFillTest() {
    const auto op = OpenAggregate(GetParam());
    const auto backend = Backend(0);
    std::mt19937_64 random(1);
    NoOutput output;
    for (int i = 1; i <= 4; ++i) {
      for (int batches = i == 1 ? 10 : 1; batches > 0; --batches) {
        EXPECT_TRUE(op->Process(0, RandomRows(random), output).ok());
      }
      auto writer = backend->BeginSnapshot(CheckpointId(i));
      EXPECT_TRUE(op->Snapshot(*writer).ok());
      snapshot_ = *(*backend->Freeze(std::move(writer)))();
    }
    whole_ = WholeText(*op);
  }

  OperatorSnapshot snapshot_;
  std::string whole_;
};

TEST_P(AggregateFillTest, RangesRestoreWhatOneReaderDoes) {
  for (const uint64_t least_shared : {1, 1'000'000}) {
    const auto backend = Backend(least_shared);
    const auto op = OpenAggregate(GetParam());
    const auto reader = backend->Restore({snapshot_});
    ASSERT_TRUE(reader.ok()) << reader.status();
    ASSERT_TRUE(op->Restore(**reader).ok());
    EXPECT_EQ(WholeText(*op), whole_);
  }
}

// A reader whose only range has one entry.
class OneEntryReader final : public SnapshotReader {
 public:
  OneEntryReader(std::string key, std::string value)
      : key_(std::move(key)), value_(std::move(value)) {}
  absl::Status ReadState(
      const StateSchema&,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>&) override {
    return absl::InternalError("was to be read in ranges");
  }
  absl::StatusOr<bool> ReadRanges(
      const StateSchema&,
      const std::function<absl::Status(std::span<const Range>)>& begin,
      const std::function<absl::Status(size_t, const EntryBatch&)>& visit)
      override {
    const Range all = {.groups = {KeyGroup(0), KeyGroup(128)}, .entries = 1};
    absl::Status status = begin({&all, 1});
    const absl::string_view key = key_;
    const absl::string_view value = value_;
    status.Update(visit(0, {.keys = {&key, 1}, .values = {&value, 1}}));
    if (!status.ok()) return status;
    return true;
  }
  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view) override {
    return std::vector<std::string>();
  }

 private:
  const std::string key_;
  const std::string value_;
};

TEST(AggregateFillDamageTest, DamagedGroupsAreRefused) {
  OneEntryReader reader("key", "cut");
  const auto op = OpenAggregate(/*retracts=*/false);
  EXPECT_EQ(op->Restore(reader).code(), absl::StatusCode::kDataLoss);
}

INSTANTIATE_TEST_SUITE_P(Inputs, AggregateFillTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Retracts" : "OnlyAdds";
                         });

}  // namespace
}  // namespace millrace::aggregate_fill_test
