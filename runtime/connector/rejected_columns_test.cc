#include "runtime/connector/rejected_columns.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TableDescriptor Table(std::vector<TableColumn> columns) {
  return {.name = "bad", .columns = std::move(columns)};
}

TEST(RejectedColumnsTest, AreToldByNameInAnyOrder) {
  const auto fields = RejectedFieldsOf(
      Table({{.name = "raw", .type = LogicalType::Bytes()},
             {.name = "time", .type = LogicalType::TimestampLtz(3).NotNull()},
             {.name = "topic",
              .type = LogicalType::String(),
              .metadata_key = "topic",
              .is_virtual = true}}));
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_THAT(*fields,
              ElementsAre(RejectedField::kRaw, RejectedField::kTime));
}

TEST(RejectedColumnsTest, OthersAreRefusedWithWhatThereIs) {
  struct Case {
    TableColumn column;
    std::string what;
  };
  const Case kCases[] = {
      {{.name = "tyme", .type = LogicalType::String()},
       "nothing of them is called `tyme`"},
      {{.name = "time", .type = LogicalType::Timestamp(3)},
       "column `time` is TIMESTAMP(3) and not TIMESTAMP_LTZ(3)"},
      {{.name = "origin", .type = LogicalType::String().NotNull()},
       "column `origin` is NOT NULL"}};
  for (const auto& [column, what] : kCases) {
    const absl::Status status = RejectedFieldsOf(Table({column})).status();
    EXPECT_EQ(ErrorCode(status), "SQL-0211");
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
    EXPECT_THAT(std::string(status.message()), HasSubstr("`raw_text` STRING"));
  }
}

}  // namespace
}  // namespace millrace
