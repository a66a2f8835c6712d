#include "runtime/exchange/batch_accumulator.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

std::vector<Value> RowOf(const Batch& batch, uint32_t row) {
  std::vector<Value> values;
  for (const VectorRef& column : batch.columns) {
    values.push_back(ValueAt(*column, row));
  }
  return values;
}

const LogicalType kRow = LogicalType::Row(
    {{"a", LogicalType::Integer()}, {"b", LogicalType::String()}});

// One value of every kind of column, by number; every third is NULL.
std::vector<Value> RowNumber(int i) {
  if (i % 3 == 2) return std::vector<Value>(6, Value::Null());
  const std::string text(i % 2 == 0 ? 3 : 40, static_cast<char>('a' + i % 26));
  return {Value::Bool(i % 2 == 0),
          Value::Int(i),
          Value::Double(i / 2.0),
          Value::Int128(static_cast<__int128>(i) << 70),
          Value::Text(text),
          Value::List({Value::Int(i), Value::Text(text)})};
}

std::vector<LogicalType> Types() {
  return {LogicalType::Boolean(), LogicalType::BigInt(), LogicalType::Double(),
          LogicalType::Decimal(38, 2), LogicalType::String(), kRow};
}

Batch RowsFrom(int first, int count) {
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < count; ++i) rows.push_back(RowNumber(first + i));
  return BatchOf(Types(), rows);
}

TEST(BatchAccumulatorTest, KeepsEveryKindOfValueAndNull) {
  BatchAccumulator accumulator;
  const Batch first = RowsFrom(0, 10);
  const Batch second = RowsFrom(100, 100);
  const uint32_t some[] = {1, 2, 7};
  const uint32_t few[] = {0, 50, 98};  // So few that strings are copied.
  accumulator.Append(first, some, 3);
  Batch narrow = second;
  narrow.selected = std::make_shared<std::vector<uint32_t>>(few, few + 3);
  accumulator.Append(narrow, few, 3);
  EXPECT_EQ(accumulator.row_count(), 6);

  const Batch taken = accumulator.Take();
  EXPECT_EQ(taken.row_count, 6);
  EXPECT_EQ(accumulator.row_count(), 0);
  const int numbers[] = {1, 2, 7, 100, 150, 198};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(RowOf(taken, i), RowNumber(numbers[i])) << "row " << i;
  }
}

TEST(BatchAccumulatorTest, OutlivesTheBatchesItTookFrom) {
  BatchAccumulator accumulator;
  const uint32_t rows[] = {1};
  for (int i = 0; i < 5; ++i) {
    Batch batch = RowsFrom(i * 6, 2);
    accumulator.Append(batch, rows, 1);
  }
  const Batch taken = accumulator.Take();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(RowOf(taken, i), RowNumber(i * 6 + 1));
  }
}

TEST(BatchAccumulatorTest, RowKindsDefaultToInsert) {
  BatchAccumulator accumulator;
  const Batch plain = RowsFrom(0, 1);
  std::vector<std::vector<Value>> row = {RowNumber(1)};
  const RowKind deleted[] = {RowKind::kDelete};
  const Batch changed = BatchOf(Types(), row, deleted);
  const uint32_t rows[] = {0};
  accumulator.Append(plain, rows, 1);
  accumulator.Append(changed, rows, 1);
  accumulator.Append(plain, rows, 1);
  const Batch taken = accumulator.Take();
  EXPECT_EQ(taken.kind(0), RowKind::kInsert);
  EXPECT_EQ(taken.kind(1), RowKind::kDelete);
  EXPECT_EQ(taken.kind(2), RowKind::kInsert);
}

TEST(BatchAccumulatorTest, ConstantsBecomeOrdinaryColumns) {
  const VectorRef constant =
      Vector::Constant(LogicalType::BigInt(), Value::Int(7));
  const Batch batch = {.row_count = 3, .columns = {constant}};
  const uint32_t rows[] = {0, 2};
  BatchAccumulator accumulator;
  accumulator.Append(batch, rows, 2);
  const Batch taken = accumulator.Take();
  EXPECT_EQ(RowOf(taken, 1), std::vector<Value>{Value::Int(7)});
}

TEST(BatchAccumulatorTest, ListsAreJoinedPieceByPiece) {
  const LogicalType type = LogicalType::Array(LogicalType::String());
  const auto list = [](std::vector<std::string> texts) {
    Value::Children values;
    for (std::string& text : texts) values.push_back(Value::Text(text));
    return Value::List(std::move(values));
  };
  const std::vector<Value> first = {list({"one", "two"}), list({}),
                                    list({"a string that is long enough"})};
  const std::vector<Value> second = {Value::Null(), list({"three"})};
  BatchAccumulator accumulator;
  const uint32_t outer[] = {0, 2};
  const uint32_t both[] = {0, 1};
  accumulator.Append({.row_count = 3, .columns = {VectorOf(type, first)}},
                     outer, 2);
  accumulator.Append({.row_count = 2, .columns = {VectorOf(type, second)}},
                     both, 2);
  const Batch taken = accumulator.Take();
  const Value expected[] = {first[0], first[2], second[0], second[1]};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ValueAt(*taken.columns[0], i), expected[i]) << i;
  }
}

}  // namespace
}  // namespace millrace
