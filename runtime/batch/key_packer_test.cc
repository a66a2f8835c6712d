#include "runtime/batch/key_packer.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

using Rows = std::vector<std::vector<Value>>;

const std::string kLong(100, 'x');

// Packs `rows`, checks that each hash is that of the canonical bytes, unpacks
// and expects the same rows back.
void ExpectRoundTrip(std::vector<LogicalType> types, const Rows& rows) {
  KeyPacker packer(types);
  const Batch batch = BatchOf(types, rows);
  const auto count = static_cast<uint32_t>(rows.size());
  const PackedKeys keys =
      packer.Pack(batch.columns, Selection::All(count), nullptr);
  ASSERT_EQ(keys.count, count);
  std::vector<const char*> cells;
  std::vector<uint64_t> hashes;
  for (uint32_t i = 0; i < count; ++i) {
    cells.push_back(keys.cells + i * CellBytes(packer.layout().form));
    hashes.push_back(keys.hashes[i]);
    const absl::string_view bytes = packer.layout().Bytes(cells[i], hashes[i]);
    EXPECT_EQ(HashBytes(bytes), hashes[i]) << "row " << i;
    // The cell made again from the bytes is the same key.
    char again[32];
    packer.layout().SetCell(bytes, again);
    EXPECT_EQ(packer.layout().Bytes(again, hashes[i]), bytes);
  }
  const auto columns = packer.Unpack(cells.data(), hashes.data(), count);
  for (uint32_t i = 0; i < count; ++i) {
    for (size_t column = 0; column < types.size(); ++column) {
      EXPECT_EQ(ValueAt(*columns[column], i), rows[i][column])
          << "row " << i << " column " << column;
    }
  }
}

TEST(KeyPackerTest, KeepsSingleColumns) {
  ExpectRoundTrip({LogicalType::BigInt()},
                  {{Value::Int(0)}, {Value::Null()}, {Value::Int(-7)}});
  ExpectRoundTrip({LogicalType::Integer()},
                  {{Value::Int(0)}, {Value::Null()}, {Value::Int(-7)}});
  ExpectRoundTrip({LogicalType::Boolean()},
                  {{Value::Bool(false)}, {Value::Null()}});
  ExpectRoundTrip({LogicalType::Double()}, {{Value::Double(-0.5)}});
  ExpectRoundTrip({LogicalType::String()},
                  {{Value::Text("")}, {Value::Null()}, {Value::Text("abc")},
                   {Value::Text("\xff")}, {Value::Text("\xff\xff")},
                   {Value::Text(kLong)}, {Value::Text("\xff" + kLong)}});
  ExpectRoundTrip({LogicalType::Decimal(38, 2)},
                  {{Value::Int128(__int128{1} << 100)}, {Value::Null()}});
}

TEST(KeyPackerTest, KeepsRowsOfSeveralColumns) {
  ExpectRoundTrip(
      {LogicalType::BigInt(), LogicalType::String()},
      {{Value::Int(1), Value::Text("2015-07-15")},
       {Value::Null(), Value::Text(kLong)},
       {Value::Int(-1), Value::Null()},
       {Value::Null(), Value::Null()},
       {Value::Int(5), Value::Text("")}});
}

TEST(KeyPackerTest, KeepsNestedColumns) {
  const LogicalType array = LogicalType::Array(LogicalType::String());
  const LogicalType row = LogicalType::Row(
      {{"a", LogicalType::SmallInt()}, {"b", array}});
  ExpectRoundTrip(
      {row, LogicalType::Map(LogicalType::BigInt(), LogicalType::Boolean())},
      {{Value::List({Value::Int(3), Value::List({Value::Text("x"),
                                                 Value::Null()})}),
        Value::List({Value::Int(1), Value::Bool(true)})},
       {Value::Null(), Value::List({})}});
}

TEST(KeyPackerTest, TakesSelectedRowsAndHashesThatCameWithThem) {
  const std::vector<LogicalType> types = {LogicalType::BigInt()};
  const Batch batch = BatchOf(
      types, Rows{{Value::Int(10)}, {Value::Int(11)}, {Value::Int(12)}});
  const VectorRef hashes =
      VectorOf(LogicalType::BigInt(),
               std::vector<Value>{Value::Int(7), Value::Int(8), Value::Int(9)});
  const uint32_t rows[] = {0, 2};
  KeyPacker packer(types);
  const PackedKeys keys =
      packer.Pack(batch.columns, Selection::Of(rows, 2), hashes);
  const auto* words = reinterpret_cast<const uint64_t*>(keys.cells);
  EXPECT_EQ(keys.count, 2);
  EXPECT_EQ(words[1], 12);
  EXPECT_EQ(keys.hashes[0], 7);
  EXPECT_EQ(keys.hashes[1], 9);
}

TEST(KeyHasherTest, PutsEachHashAtItsRow) {
  const std::vector<LogicalType> types = {LogicalType::BigInt()};
  const Batch batch = BatchOf(types, Rows{{Value::Int(10)}, {Value::Int(11)}});
  const uint32_t rows[] = {1};
  const VectorRef hashes =
      KeyHasher(types).Hash(batch.columns, Selection::Of(rows, 1), 2);
  EXPECT_EQ(static_cast<uint64_t>(hashes->data<int64_t>()[1]), HashWord(11));
}

// The persisted format: these numbers never change.
TEST(KeyHasherTest, HashesAreTheSameForEver) {
  EXPECT_EQ(HashWord(1), 0x2fbc593564db792e);
  EXPECT_EQ(HashBytes("millrace"), 0x0f798300cb96eca5);
  EXPECT_EQ(NullWordHash(), 0x2d06800538d394c2);
}

}  // namespace
}  // namespace millrace
