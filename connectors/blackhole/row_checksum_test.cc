#include "connectors/blackhole/row_checksum.h"

#include <gtest/gtest.h>

#include "connectors/blackhole/blackhole_connector.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

using Type = LogicalType;
using Rows = std::vector<std::vector<Value>>;

const std::vector<Type>& Types() {
  static const auto& types = *new std::vector<Type>{
      Type::BigInt(), Type::String(), Type::Decimal(30, 2),
      Type::Array(Type::Integer())};
  return types;
}

std::vector<Value> Row(int64_t number, std::string text) {
  return {Value::Int(number), Value::Text(std::move(text)),
          Value::Int128(number * 7),
          Value::List({Value::Int(number), Value::Int(2)})};
}

std::string Sum(const Rows& rows) {
  RowChecksum checksum;
  checksum.Add(BatchOf(Types(), rows));
  return checksum.Text();
}

TEST(RowChecksumTest, DoesNotDependOnOrderOrBatches) {
  const Rows rows = {Row(1, "a"), Row(2, "a longer string than inline"),
                     Row(3, "")};
  RowChecksum parts;
  for (int i = 2; i >= 0; --i) {
    parts.Add(BatchOf(Types(), Rows{rows[i]}));
  }
  EXPECT_EQ(parts.Text(), Sum(rows));
  EXPECT_EQ(parts.rows(), 3);
}

TEST(RowChecksumTest, CountsSelectedRowsOnly) {
  Batch batch = BatchOf(Types(), Rows{Row(1, "a"), Row(2, "b")});
  batch.selected = std::make_shared<std::vector<uint32_t>>(1, 1);
  RowChecksum checksum;
  checksum.Add(batch);
  EXPECT_EQ(checksum.rows(), 1);
  EXPECT_EQ(checksum.Text(), Sum({Row(2, "b")}));
}

TEST(RowChecksumTest, SeesEveryChange) {
  const std::string same = Sum({Row(1, "0123456789abcdef")});
  for (size_t i = 0; i < 16; ++i) {
    std::string text = "0123456789abcdef";
    text[i] = '-';
    EXPECT_NE(Sum({Row(1, text)}), same) << i;
  }
  EXPECT_NE(Sum({Row(2, "0123456789abcdef")}), same);
  std::vector<Value> row = Row(1, "0123456789abcdef");
  row[3] = Value::List({Value::Int(1), Value::Int(3)});
  EXPECT_NE(Sum({row}), same);
  row = Row(1, "0123456789abcdef");
  row[0] = Value::Null();
  EXPECT_NE(Sum({row}), same);
}

TEST(RowChecksumTest, TellsColumnsApart) {
  const std::vector<Type> types = {Type::BigInt(), Type::BigInt()};
  RowChecksum ab, ba;
  ab.Add(BatchOf(types, Rows{{Value::Int(1), Value::Int(2)}}));
  ba.Add(BatchOf(types, Rows{{Value::Int(2), Value::Int(1)}}));
  EXPECT_NE(ab.Text(), ba.Text());
}

TEST(BlackholeTest, PrintsItsChecksumAtTheEnd) {
  ConnectorRegistry registry;
  RegisterBlackholeConnector(registry);
  const Connector& connector = **registry.Find("blackhole");
  const TableDescriptor table = {.name = "out",
                                 .options = {{"connector", "blackhole"}}};
  EXPECT_EQ(connector.Describe(table)->sink_mode, ChangelogMode::kUpsert);
  auto writer = *connector.MakeWriter(table, {});
  ASSERT_TRUE(
      writer->Write(BatchOf(Types(), Rows{Row(1, "a"), Row(2, "b")})).ok());
  EXPECT_EQ(**writer->Finish(), "blackhole out: 2 rows, checksum " +
                                   Sum({Row(1, "a"), Row(2, "b")}));
}

}  // namespace
}  // namespace millrace
