#include "connectors/changelog_out/change_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "connectors/changelog_out/changelog_out_connector.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

using Type = LogicalType;

std::string Line(const Type& type, const Value& value,
                 RowKind kind = RowKind::kInsert) {
  const std::vector<Type> types = {type};
  const std::vector<std::vector<Value>> rows = {{value}};
  const std::vector<RowKind> kinds = {kind};
  std::string line;
  AppendChangeLine(BatchOf(types, rows, kinds), 0, types, line);
  return line;
}

TEST(ChangeLineTest, WritesEachTypeInItsForm) {
  EXPECT_EQ(Line(Type::BigInt(), Value::Int(-42)), "+I [-42]\n");
  EXPECT_EQ(Line(Type::TinyInt(), Value::Int(7)), "+I [7]\n");
  EXPECT_EQ(Line(Type::Boolean(), Value::Bool(true)), "+I [true]\n");
  EXPECT_EQ(Line(Type::Decimal(10, 3), Value::Int(8680)), "+I [\"8.680\"]\n");
  EXPECT_EQ(Line(Type::Decimal(23, 3), Value::Int128(8684112)),
            "+I [\"8684.112\"]\n");
  EXPECT_EQ(Line(Type::Double(), Value::Double(1e10)), "+I [\"1.0E10\"]\n");
  EXPECT_EQ(Line(Type::Timestamp(3), Value::Int(1436918400030)),
            "+I [\"2015-07-15 00:00:00.030\"]\n");
  EXPECT_EQ(Line(Type::Timestamp(6), Value::Int(1436918400030999)),
            "+I [\"2015-07-15 00:00:00.030\"]\n");
  EXPECT_EQ(Line(Type::Date(), Value::Int(1)), "+I [\"1970-01-02\"]\n");
  EXPECT_EQ(Line(Type::String(), Value::Null()), "+I [null]\n");
  EXPECT_EQ(Line(Type::String(), Value::Text("a\"\\\n\x01\xC3\xA9/")),
            "+I [\"a\\\"\\\\\\u000a\\u0001\xC3\xA9/\"]\n");
}

TEST(ChangeLineTest, BeginsWithTheKind) {
  for (const RowKind kind : {RowKind::kInsert, RowKind::kUpdateBefore,
                             RowKind::kUpdateAfter, RowKind::kDelete}) {
    EXPECT_EQ(Line(Type::Integer(), Value::Int(1), kind),
              std::string(ToString(kind)) + " [1]\n");
  }
}

class ChangelogOutTest : public ::testing::Test {
 protected:
  ChangelogOutTest() { RegisterChangelogOutConnector(registry_); }

  TableDescriptor Table(TableOptions options) {
    options["connector"] = "changelog-out";
    return {.name = "out",
            .columns = {{.name = "a", .type = Type::BigInt()},
                        {.name = "b", .type = Type::String()}},
            .options = std::move(options)};
  }
  const Connector& connector() { return **registry_.Find("changelog-out"); }

  ConnectorRegistry registry_;
  const std::string path_ = ::testing::TempDir() + "/changelog-out-test";
};

TEST_F(ChangelogOutTest, WritesOneFileASubtask) {
  auto writer = connector().MakeWriter(Table({{"path", path_ + "/x"}}),
                                       {.subtask = 2, .parallelism = 3});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const std::vector<Type> types = {Type::BigInt(), Type::String()};
  const std::vector<std::vector<Value>> rows = {
      {Value::Int(1), Value::Text("one")}, {Value::Int(2), Value::Null()}};
  Batch batch = BatchOf(types, rows, {});
  ASSERT_TRUE((*writer)->Write(batch).ok());
  batch.selected = std::make_shared<std::vector<uint32_t>>(1, 1);
  ASSERT_TRUE((*writer)->Write(batch).ok());
  ASSERT_TRUE((*writer)->Flush().ok());
  EXPECT_EQ(*(*writer)->Finish(), "");
  std::ifstream file(path_ + "/x/part-2");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "+I [1,\"one\"]\n+I [2,null]\n+I [2,null]\n");
}

TEST_F(ChangelogOutTest, TakesTheChangesOfItsMode) {
  EXPECT_EQ(connector().Describe(Table({{"path", path_}}))->sink_mode,
            ChangelogMode::kRetract);
  EXPECT_EQ(connector()
                .Describe(Table({{"path", path_}, {"mode", "upsert"}}))
                ->sink_mode,
            ChangelogMode::kUpsert);
}

TEST_F(ChangelogOutTest, SaysWhatIsWrong) {
  const auto error = [&](TableOptions options) {
    return std::string(
        connector().Describe(Table(std::move(options))).status().message());
  };
  EXPECT_EQ(error({{"path", path_}, {"mode", "append"}}),
            "SQL-0903: option 'mode' = 'append' is not one of retract, upsert. "
            "Write for example 'mode' = 'retract'");
  EXPECT_EQ(error({{"path", path_}, {"mod", "retract"}}),
            "SQL-0901: connector 'changelog-out' has no option 'mod'. Did you "
            "mean 'mode'?");
  EXPECT_EQ(error({{"path", "s3://bucket/x"}}),
            "SQL-0907: option 'path' = 's3://bucket/x' is not local: the "
            "scheme 's3' is not built. Write a path of this machine or "
            "file:///...");
  const auto writer =
      connector().MakeWriter(Table({{"path", "/dev/null/x"}}), {});
  EXPECT_THAT(std::string(writer.status().message()),
              ::testing::StartsWith("SNK-0101: cannot write "
                                    "'/dev/null/x/part-0': Not a directory"));
}

}  // namespace
}  // namespace millrace
