#include "runtime/batch/batch_wire.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"

namespace millrace::batch_wire_test {
namespace {

constexpr size_t kNoLimit = 1 << 30;

struct Sample {
  std::string name;
  Batch batch;
};

Value Long(int i) { return Value::Text(std::string(20 + i, 'a' + i)); }

// A column of each type, with a null in the middle row.
Batch EveryType() {
  const LogicalType pair = LogicalType::Row(
      {{"l", LogicalType::BigInt()}, {"s", LogicalType::String()}});
  const std::vector<LogicalType> types = {
      LogicalType::Boolean(),       LogicalType::TinyInt(),
      LogicalType::SmallInt(),      LogicalType::Integer(),
      LogicalType::BigInt(),        LogicalType::Float(),
      LogicalType::Double(),        LogicalType::Decimal(30, 2),
      LogicalType::Timestamp(9),    LogicalType::String(),
      LogicalType::Array(LogicalType::String()),
      LogicalType::Map(LogicalType::String(), LogicalType::Integer()),
      pair,                         LogicalType::Array(pair),
      LogicalType()};
  std::vector<std::vector<Value>> rows;
  for (int i = 0; i < 3; ++i) {
    const Value row = Value::List({Value::Int(i), Long(i)});
    rows.push_back({Value::Bool(i == 2), Value::Int(-i), Value::Int(i),
                    Value::Int(i << 20), Value::Int(int64_t{i} << 40),
                    Value::Double(0.5 * i), Value::Double(-i),
                    Value::Int128(static_cast<__int128>(i) << 90),
                    Value::Nanos({.millis = i, .nanos = 7}),
                    i == 0 ? Value::Text("short") : Long(i),
                    Value::List({Long(1), Value::Null(), Value::Text("x")}),
                    Value::List({Value::Text("k"), Value::Int(i)}), row,
                    i == 0 ? Value::List({}) : Value::List({row, row}),
                    Value::Null()});
  }
  rows[1].assign(types.size(), Value::Null());
  const RowKind kinds[] = {RowKind::kInsert, RowKind::kDelete,
                           RowKind::kUpdateAfter};
  Batch batch = BatchOf(types, rows, kinds);
  auto hashes = std::make_shared<Vector>(PhysicalType::kInt64, 3);
  for (int i = 0; i < 3; ++i) hashes->data<int64_t>()[i] = -i;
  batch.hashes = hashes;
  return batch;
}

Batch Constants() {
  const LogicalType row = LogicalType::Row({{"s", LogicalType::String()}});
  Batch batch = {.row_count = 5};
  batch.columns = {
      Vector::Constant(LogicalType::BigInt(), Value::Int(9)),
      Vector::Constant(LogicalType::String(), Long(4)),
      Vector::Constant(LogicalType::String(), Value::Null()),
      Vector::Constant(row, Value::List({Long(2)})),
      Vector::Constant(LogicalType::Array(LogicalType::BigInt()),
                       Value::List({Value::Int(1), Value::Int(2)}))};
  return batch;
}

Batch Select(Batch batch, std::vector<uint32_t> rows) {
  batch.selected = std::make_shared<std::vector<uint32_t>>(std::move(rows));
  return batch;
}

// A BIGINT, a STRING, a BOOLEAN and a hash a row.
Batch Rows4(const std::vector<int64_t>& numbers,
            const std::vector<std::string>& texts,
            const std::vector<int64_t>& hashes) {
  const std::vector<LogicalType> types = {
      LogicalType::BigInt(), LogicalType::String(), LogicalType::Boolean()};
  std::vector<std::vector<Value>> rows;
  for (size_t i = 0; i < numbers.size(); ++i) {
    rows.push_back({Value::Int(numbers[i]), Value::Text(texts[i]),
                    Value::Bool(true)});
  }
  Batch batch = BatchOf(types, rows);
  auto column = std::make_shared<Vector>(PhysicalType::kInt64,
                                         static_cast<uint32_t>(rows.size()));
  std::copy(hashes.begin(), hashes.end(), column->data<int64_t>());
  batch.hashes = column;
  return batch;
}

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Numbers that need one byte, two, four and eight; strings of all lengths.
std::vector<Sample> Widths() {
  const std::vector<std::string> texts = {"", "a", "twelve bytes",
                                          "thirteen byte", "b", ""};
  const std::vector<int64_t> hashes = {1, 2, 3, 4, 5, -6};
  const std::string longest(255, 'x');
  const std::string longer(256, 'x');
  return {
      {"a byte", Rows4({-3, 252, 0, 7, 7, 9}, texts, hashes)},
      {"two bytes", Rows4({-3, 253, 0, 65532, 7, 9}, texts, hashes)},
      {"four bytes", Rows4({kLeast, kLeast + 65536, kLeast + 4294967295, kLeast,
                            kLeast, kLeast}, texts, hashes)},
      {"eight bytes", Rows4({-3, 4294967293, 0, 1, 7, 9}, texts, hashes)},
      {"all numbers", Rows4({kLeast, kMost, 0, 1, 2, 3}, texts, hashes)},
      {"long", Rows4({1, 2, 3, 4, 5, 6},
                     {longest, "a", "", longest, "b", "c"}, hashes)},
      {"too long", Rows4({1, 2, 3, 4, 5, 6},
                         {longer, "a", "", longest, "b", "c"}, hashes)},
      {"one value", Rows4({9, 9, 9, 9, 9, 9},
                          {"x", "x", "x", "x", "x", "x"}, {4, 4, 4, 4, 4, 4})},
      {"one value of some",
       Select(Rows4({1, 9, 9, 9, 9, 1}, {"y", "x", "x", "x", "x", "y"},
                    {3, 4, 4, 4, 4, 3}), {1, 3, 4})}};
}

std::vector<Sample> Samples() {
  std::vector<Sample> all = Widths();
  const std::vector<Sample> others = {{"every type", EveryType()},
          {"two rows of three", Select(EveryType(), {0, 2})},
          {"one row, a null one", Select(EveryType(), {1})},
          {"no row", Select(EveryType(), {})},
          {"constants", Constants()},
          {"some rows of constants", Select(Constants(), {1, 4})},
          {"no column", Batch{.row_count = 7}}};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

std::string Encoded(const Batch& batch) {
  std::string bytes;
  EXPECT_TRUE(AppendBatch(batch, kNoLimit, bytes));
  return bytes;
}

// All values of the rows that count, their kinds and hashes.
std::vector<std::vector<Value>> RowsOf(const Batch& batch) {
  std::vector<std::vector<Value>> rows;
  batch.selection().ForEach([&](uint32_t row) {
    std::vector<Value> values;
    for (const VectorRef& column : batch.columns) {
      values.push_back(ValueAt(*column, row));
    }
    values.push_back(Value::Int(static_cast<int>(batch.kind(row))));
    if (batch.hashes) values.push_back(ValueAt(*batch.hashes, row));
    rows.push_back(std::move(values));
  });
  return rows;
}

// The bytes as they lie in a received message.
ChunkRef Received(const std::string& bytes) {
  return std::make_shared<Chunk>(bytes + std::string(Chunk::kPadding, '\0'));
}

TEST(BatchWireTest, GivesBackTheRowsThatCount) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    const std::string bytes = Encoded(sample.batch);
    const ChunkRef holder = Received(bytes);
    const absl::string_view received(holder->data(), bytes.size());
    for (const ChunkRef& kept : {ChunkRef(), holder}) {
      const absl::StatusOr<Batch> batch = ParseBatch(received, kept);
      ASSERT_TRUE(batch.ok()) << batch.status();
      EXPECT_EQ(batch->selected, nullptr);
      EXPECT_EQ(batch->row_count, sample.batch.selected_count());
      EXPECT_EQ(RowsOf(*batch), RowsOf(sample.batch));
    }
  }
}

// What a channel is charged must be the same at both of its ends.
TEST(BatchWireTest, BothEndsCountTheBytesThatWereSpared) {
  for (const Sample& sample : Samples()) {
    std::string bytes;
    size_t sent = 0;
    ASSERT_TRUE(AppendBatch(sample.batch, kNoLimit, bytes, &sent));
    size_t received = 1;
    ASSERT_TRUE(ParseBatch(bytes, nullptr, &received).ok());
    EXPECT_EQ(received, sent) << sample.name;
  }
}

TEST(BatchWireTest, StringsStayWhereTheyArrived) {
  const std::vector<LogicalType> types = {LogicalType::String()};
  const std::string bytes = Encoded(
      BatchOf(types, std::vector<std::vector<Value>>{{Long(1)}, {Long(2)}}));
  const ChunkRef holder = Received(bytes);
  const auto batch =
      ParseBatch({holder->data(), bytes.size()}, holder);
  ASSERT_TRUE(batch.ok()) << batch.status();
  const char* text = batch->columns[0]->data<StringView>()[1].data();
  EXPECT_TRUE(text >= holder->data() && text < holder->data() + bytes.size());
  EXPECT_EQ(batch->columns[0]->chunks(), std::vector<ChunkRef>{holder});
}

TEST(BatchWireTest, ElementsThatNothingSelectsDoNotTravel) {
  const std::vector<LogicalType> types = {
      LogicalType::Array(LogicalType::String())};
  const Batch batch = BatchOf(
      types, std::vector<std::vector<Value>>{
                 {Value::List({Value::Text(std::string(5000, 'x'))})},
                 {Value::List({Value::Text("y")})}});
  EXPECT_LT(Encoded(Select(batch, {1})).size(), 100);
}

TEST(BatchWireTest, WhatIsTheSameInEveryRowTravelsOnce) {
  const std::vector<int64_t> numbers(1000, 1 << 20);
  const std::vector<std::string> texts(1000, "2015-07-15");
  const std::vector<int64_t> hashes(1000, -1);
  EXPECT_LT(Encoded(Rows4(numbers, texts, hashes)).size(), 60);
}

TEST(BatchWireTest, NumbersThatLieCloseTakeFewBytes) {
  std::vector<int64_t> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), kMost - 2000);
  const std::vector<std::string> texts(1000, "");
  const std::vector<int64_t> hashes(1000, -1);
  EXPECT_LT(Encoded(Rows4(numbers, texts, hashes)).size(), 2100);
}

TEST(BatchWireTest, LeavesTheOutputAloneAtTheLimit) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    const size_t size = Encoded(sample.batch).size();
    std::string out = "before";
    for (size_t limit = 0; limit < size; ++limit) {
      ASSERT_FALSE(AppendBatch(sample.batch, limit, out)) << limit;
      ASSERT_EQ(out, "before") << limit;
    }
    EXPECT_TRUE(AppendBatch(sample.batch, size, out));
    EXPECT_EQ(out.size(), size + 6);
  }
}

TEST(BatchWireTest, AnEncodedBatchIsTheSameAgain) {
  for (const Sample& sample : Samples()) {
    const std::string bytes = Encoded(sample.batch);
    const auto batch = ParseBatch(bytes, nullptr);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(Encoded(*batch), bytes) << sample.name;
  }
}

// Whatever arrives is a batch, of which every value can be looked at, or
// refused.
void ExpectHarmless(const std::string& bytes) {
  // A copy of its own, so that a sanitizer sees a read behind its end.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const auto batch =
      ParseBatch(absl::string_view(exact.data(), exact.size()), nullptr);
  if (batch.ok()) {
    RowsOf(*batch);
    Encoded(*batch);
  } else {
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(BatchWireTest, RefusesEveryCut) {
  for (const Sample& sample : Samples()) {
    const std::string bytes = Encoded(sample.batch);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const std::vector<char> cut(bytes.begin(), bytes.begin() + size);
      const auto batch =
          ParseBatch(absl::string_view(cut.data(), cut.size()), nullptr);
      EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss)
          << sample.name << " cut to " << size;
    }
    EXPECT_FALSE(ParseBatch(bytes + "x", nullptr).ok()) << sample.name;
  }
}

TEST(BatchWireTest, SurvivesEveryFlippedBitAndByte) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    std::string bytes = Encoded(sample.batch);
    for (char& byte : bytes) {
      const char before = byte;
      for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        byte = static_cast<char>(before ^ flip);
        ExpectHarmless(bytes);
      }
      byte = before;
    }
  }
}

struct Nonsense {
  std::string name;
  std::string bytes;
};

TEST(BatchWireTest, RefusesNonsense) {
  const std::string head("\2\0\1\0\1\0\0\0", 8);  // One column, one row.
  std::string deep = head;
  for (int i = 0; i < 1000; ++i) deep += std::string("\12\0\1\0", 4);
  const std::vector<Nonsense> table = {
      {"another format", std::string("\1\0\0\0\0\0\0\0", 8)},
      {"an unknown flag", std::string("\2\10\0\0\0\0\0\0", 8)},
      {"one of no hashes", std::string("\2\4\0\0\0\0\0\0", 8)},
      {"3000 rows", std::string("\2\0\0\0\xb8\xb\0\0", 8)},
      {"an unknown kind", std::string("\2\1\0\0\1\0\0\0\4", 9)},
      {"a narrow INT", head + std::string("\3\4\0\0\1\0\0\0", 8)},
      {"alike and constant", head + std::string("\0\11\0\0\1", 5)},
      {"a ROW of alike", head + std::string("\12\10\0\0", 4)},
      {"a BIGINT of three bytes",
       head + std::string("\4\4\0\0\3\0\0\0\0\0\0\0\0\1\2\3", 16)},
      {"type 14", head + std::string("\16\0\0\0", 4)},
      {"a child of a BIGINT", head + std::string("\4\0\1\0", 4)},
      {"a boolean 2", head + std::string("\0\0\0\0\2", 5)},
      {"rows in rows in rows", deep},
      {"a list of more than there is",
       head + std::string("\13\0\1\0\5\0\0\0\4\0\0\0\15\0\0\0", 16)},
      {"a constant element",
       head + std::string("\13\0\1\0\1\0\0\0\1\0\0\0\1\1\0\0\7", 17)},
      {"a varying field of a constant row",
       head + std::string("\12\1\1\0\1\0\0\0\7", 9)},
  };
  for (const Nonsense& nonsense : table) {
    const auto batch = ParseBatch(nonsense.bytes, nullptr);
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss)
        << nonsense.name;
  }
}

}  // namespace
}  // namespace millrace::batch_wire_test
