#include "runtime/batch/batch.h"

#include <string>

#include "gtest/gtest.h"
#include "runtime/batch/gathered_column.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

const std::vector<LogicalType> kTypes = {LogicalType::BigInt(),
                                         LogicalType::String()};

Batch ThreeRows() {
  return BatchOf(kTypes, std::vector<std::vector<Value>>{
                             {Value::Int(1), Value::Text("a")},
                             {Value::Null(), Value::Text(std::string(50, 'b'))},
                             {Value::Int(3), Value::Null()}});
}

Batch Select(Batch batch, std::vector<uint32_t> rows) {
  batch.selected = std::make_shared<std::vector<uint32_t>>(std::move(rows));
  return batch;
}

TEST(BatchTest, CompactKeepsSelectedRowsInOrder) {
  const Batch compact = Compact(Select(ThreeRows(), {1, 2}));
  EXPECT_EQ(compact.row_count, 2);
  EXPECT_EQ(compact.selected, nullptr);
  EXPECT_TRUE(compact.columns[0]->IsNull(0));
  EXPECT_EQ(ValueAt(*compact.columns[0], 1), Value::Int(3));
  EXPECT_EQ(ValueAt(*compact.columns[1], 0), Value::Text(std::string(50, 'b')));
  EXPECT_TRUE(compact.columns[1]->IsNull(1));
}

TEST(BatchTest, CompactOfEverythingIsTheBatchItself) {
  const Batch batch = ThreeRows();
  EXPECT_EQ(Compact(batch).columns[1], batch.columns[1]);
}

TEST(BatchTest, CompactLeavesChunksThatItHardlyUses) {
  const std::vector<LogicalType> types = {LogicalType::String()};
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 100; ++i) {
    rows.push_back({Value::Text(std::string(99, 'x'))});
  }
  const Batch batch = BatchOf(types, rows);
  const Batch compact = Compact(Select(batch, {7}));
  EXPECT_LT(SizeBytes(compact), SizeBytes(batch) / 2);
  EXPECT_EQ(ValueAt(*compact.columns[0], 0), rows[7][0]);
}

TEST(BatchTest, SizeCountsAChunkOnce) {
  const Batch batch = ThreeRows();
  Batch twice = batch;
  twice.columns.push_back(batch.columns[1]);
  EXPECT_EQ(SizeBytes(twice), SizeBytes(batch) + batch.columns[1]->SizeBytes());
}

TEST(BatchTest, AGatheredColumnMayBeWritten) {
  const uint32_t rows[] = {2, 0};
  const auto constant =
      Vector::Constant(LogicalType::BigInt(), Value::Int(7));
  for (const VectorRef& source : {ThreeRows().columns[0],
                                  VectorRef(constant)}) {
    const auto gathered = GatheredColumn(*source, rows, 2);
    gathered->SetNull(0);
    EXPECT_TRUE(gathered->IsNull(0));
    EXPECT_EQ(ValueAt(*gathered, 1), ValueAt(*source, 0));
  }
  EXPECT_FALSE(constant->IsNull(0));
}

TEST(BatchTest, GatherPassesConstantsOn) {
  const VectorRef constant =
      Vector::Constant(LogicalType::BigInt(), Value::Int(5));
  const uint32_t rows[] = {0, 9};
  EXPECT_EQ(Gather(constant, rows, 2), constant);
}

}  // namespace
}  // namespace millrace
