#include "runtime/operators/aggregate_fill.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/memory_budget.h"
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

std::unique_ptr<Operator> OpenAggregate(bool retracts, bool distinct = false,
                                        MemoryBudget* memory = nullptr) {
  const auto over = [](std::string function, int column, LogicalType result) {
    return AggregateCall{.function = std::move(function), .args = {column},
                         .arg_types = {kFillInput[column]},
                         .result = std::move(result)};
  };
  GroupAggregateSpec spec = {.keys = {0}, .input_retracts = retracts};
  spec.calls = {{.function = "COUNT", .result = kNumber},
                over("MAX", 2, kWords), over("MIN", 1, kNumber),
                over("AVG", 1, kNumber)};
  for (int column = 1; distinct && column < 3; ++column) {
    spec.calls.push_back(over("COUNT", column, kNumber));
    spec.calls.back().distinct = true;
  }
  return *GroupAggregateOperator::Open(spec, kFillInput,
                                       {.name = "test", .memory = memory});
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
struct FillCase {
  const char* name;
  bool retracts = false;
  bool distinct = false;
};

class AggregateFillTest : public ::testing::TestWithParam<FillCase> {
 protected:
  static std::unique_ptr<Operator> OpenCase() {
    return OpenAggregate(GetParam().retracts, GetParam().distinct);
  }
  AggregateFillTest() {
    const auto op = OpenCase();
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
    const auto op = OpenCase();
    const auto reader = backend->Restore({snapshot_});
    ASSERT_TRUE(reader.ok()) << reader.status();
    ASSERT_TRUE(op->Restore(**reader).ok());
    EXPECT_EQ(WholeText(*op), whole_);
  }
}

// A reader of a snapshot that says that there is much more.
class BoastingReader final : public SnapshotReader {
 public:
  explicit BoastingReader(const MemorySnapshot& snapshot)
      : reader_(snapshot.Read({.range = {KeyGroup(0), KeyGroup(128)}})) {}
  absl::Status ReadState(
      const StateSchema& schema,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>& entry) override {
    return reader_->ReadState(schema, entry);
  }
  absl::StatusOr<bool> ReadRanges(
      const StateSchema&,
      const std::function<absl::Status(std::span<const Range>)>& begin,
      const std::function<absl::Status(size_t, const EntryBatch&)>&) override {
    const Range all = {.groups = {KeyGroup(0), KeyGroup(128)},
                       .entries = uint64_t{1} << 40};
    const absl::Status begun = begin({&all, 1});
    EXPECT_EQ(begun.code(), absl::StatusCode::kResourceExhausted);
    return begun;
  }
  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    return reader_->OperatorState(name);
  }

 private:
  const std::unique_ptr<SnapshotReader> reader_;
};

// Where values have no room to wait, they are put in as they are read.
TEST(AggregateFillBudgetTest, ValuesAreRestoredWithoutRoomToWait) {
  std::mt19937_64 random(1);
  NoOutput output;
  const auto written = OpenAggregate(false, /*distinct=*/true);
  ASSERT_TRUE(written->Process(0, RandomRows(random), output).ok());
  MemorySnapshot snapshot;
  ASSERT_TRUE(written->Snapshot(snapshot).ok());
  MemoryBudget memory(64 << 20);
  const auto op = OpenAggregate(false, /*distinct=*/true, &memory);
  BoastingReader reader(snapshot);
  const absl::Status restored = op->Restore(reader);
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_EQ(WholeText(*op), snapshot.Text());
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

// Groups that do not fit their range's stretch wait beside the table.
TEST(AggregateFillBudgetTest, WhatIsLeftOverIsCharged) {
  MemoryBudget memory(1 << 30);
  const AggregateLayout layout = *AggregateLayout::Make(
      std::vector<AggregateCall>{{.function = "COUNT", .result = kNumber}}, {});
  AggregateTable table({.layout = &layout,
                        .keys = KeyLayout{.form = KeyForm::kBytes16},
                        .memory = &memory, .owner = "test"});
  AggregateFill fill(&table, 128);
  const SnapshotReader::Range range = {
      .groups = {KeyGroup(0), KeyGroup(128)}, .entries = 1};
  ASSERT_TRUE(fill.Begin({&range, 1}).ok());
  const int64_t before = memory.used_bytes();
  const std::string value(8, '\1');
  for (int i = 0; i < 1000; ++i) {
    const std::string long_key = absl::StrCat(i, std::string(500, 'k'));
    const absl::string_view key = long_key;
    const absl::string_view bytes = value;
    ASSERT_TRUE(fill.Add(0, {.keys = {&key, 1}, .values = {&bytes, 1}}).ok());
  }
  EXPECT_GT(memory.used_bytes(), before + 900 * 500);
  ASSERT_TRUE(fill.Finish().ok());
  EXPECT_EQ(table.size(), 1000);
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, AggregateFillTest,
    ::testing::Values(FillCase{.name = "OnlyAdds"},
                      FillCase{.name = "Retracts", .retracts = true},
                      FillCase{.name = "Distinct", .distinct = true},
                      FillCase{.name = "DistinctRetracts", .retracts = true,
                               .distinct = true}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace millrace::aggregate_fill_test
