#include "runtime/expr/type_coercion.h"

#include <string>

#include "gtest/gtest.h"
#include "runtime/base/check.h"
#include "runtime/expr/aggregate_signature.h"
#include "runtime/types/type_text.h"

namespace millrace {
namespace {

LogicalType T(const char* text) {
  const auto type = ParseLogicalType(text);
  MILLRACE_CHECK_OK(type.status());
  return *type;
}

std::string Common(const char* a, const char* b) {
  const auto common = CommonType(T(a), T(b));
  return common ? common->ToString() : "none";
}

std::string Aggregate(const char* name, const char* argument,
                      bool grouped = false) {
  const LogicalType type = T(argument);
  const auto result = AggregateResultType(
      {.name = name, .args = {&type, 1}, .grouped = grouped});
  return result.ok() ? result->ToString()
                     : std::string(result.status().message());
}

TEST(CommonTypeTest, IsTheLeastThatHoldsBoth) {
  EXPECT_EQ(Common("INT", "BIGINT"), "BIGINT");
  EXPECT_EQ(Common("INT NOT NULL", "INT NOT NULL"), "INT NOT NULL");
  EXPECT_EQ(Common("INT NOT NULL", "TINYINT"), "INT");
  EXPECT_EQ(Common("INT", "FLOAT"), "FLOAT");
  EXPECT_EQ(Common("DECIMAL(5, 2)", "FLOAT"), "DOUBLE");
  EXPECT_EQ(Common("DECIMAL(8, 4)", "DECIMAL(10, 2)"), "DECIMAL(12, 4)");
  EXPECT_EQ(Common("DECIMAL(8, 4)", "INT"), "DECIMAL(14, 4)");
  EXPECT_EQ(Common("CHAR(7)", "CHAR(7)"), "CHAR(7)");
  EXPECT_EQ(Common("CHAR(3)", "CHAR(5)"), "VARCHAR(5)");
  EXPECT_EQ(Common("CHAR(3)", "STRING"), "STRING");
  EXPECT_EQ(Common("BINARY(3)", "BYTES"), "BYTES");
  EXPECT_EQ(Common("TIMESTAMP(3)", "TIMESTAMP(6)"), "TIMESTAMP(6)");
  EXPECT_EQ(Common("DATE", "TIMESTAMP(3)"), "TIMESTAMP(3)");
  EXPECT_EQ(Common("TIMESTAMP(3)", "TIMESTAMP_LTZ(0)"), "TIMESTAMP_LTZ(3)");
  EXPECT_EQ(Common("ARRAY<INT>", "ARRAY<BIGINT>"), "ARRAY<BIGINT>");
  EXPECT_EQ(Common("ROW<a INT>", "ROW<b DOUBLE>"), "ROW<`a` DOUBLE>");
  EXPECT_EQ(Common("INT", "STRING"), "none");
  EXPECT_EQ(Common("BOOLEAN", "INT"), "none");
  EXPECT_EQ(Common("TIME(0)", "DATE"), "none");
}

TEST(CommonTypeTest, OfANullLiteralIsTheOtherNullable) {
  EXPECT_EQ(CommonType(LogicalType(), T("INT NOT NULL"))->ToString(), "INT");
}

TEST(CanStoreTest, WidensButDoesNotNarrow) {
  EXPECT_TRUE(CanStore(T("INT"), T("BIGINT")));
  EXPECT_FALSE(CanStore(T("BIGINT"), T("INT")));
  EXPECT_TRUE(CanStore(T("BIGINT"), T("DECIMAL(20, 0)")));
  EXPECT_TRUE(CanStore(T("DECIMAL(24, 3)"), T("DECIMAL(23, 3)")));
  EXPECT_TRUE(CanStore(T("CHAR(3)"), T("STRING")));
  EXPECT_TRUE(CanStore(T("STRING"), T("VARCHAR(3)")));
  EXPECT_FALSE(CanStore(T("INT"), T("STRING")));
  EXPECT_FALSE(CanStore(T("STRING"), T("INT")));
  EXPECT_TRUE(CanStore(T("TIMESTAMP(3)"), T("TIMESTAMP(6)")));
  EXPECT_TRUE(CanStore(T("TIMESTAMP(3)"), T("TIMESTAMP_LTZ(3)")));
  EXPECT_TRUE(CanStore(LogicalType(), T("ROW<a INT>")));
  EXPECT_TRUE(CanStore(T("ROW<a INT>"), T("ROW<b BIGINT>")));
  EXPECT_FALSE(CanStore(T("ROW<a BIGINT>"), T("ROW<a INT>")));
}

TEST(AggregateResultTypeTest, IsFlinks) {
  EXPECT_EQ(Aggregate("COUNT", "STRING"), "BIGINT NOT NULL");
  EXPECT_EQ(Aggregate("SUM", "INT NOT NULL"), "INT");
  EXPECT_EQ(Aggregate("SUM", "INT NOT NULL", true), "INT NOT NULL");
  EXPECT_EQ(Aggregate("SUM", "INT", true), "INT");
  EXPECT_EQ(Aggregate("sum0", "BIGINT"), "BIGINT NOT NULL");
  EXPECT_EQ(Aggregate("SUM", "DECIMAL(10, 2)"), "DECIMAL(38, 2)");
  EXPECT_EQ(Aggregate("AVG", "INT"), "INT");
  EXPECT_EQ(Aggregate("AVG", "DECIMAL(10, 2)"), "DECIMAL(38, 6)");
  EXPECT_EQ(Aggregate("AVG", "DECIMAL(20, 10)"), "DECIMAL(38, 10)");
  EXPECT_EQ(Aggregate("AVG", "FLOAT"), "FLOAT");
  EXPECT_EQ(Aggregate("MAX", "TIMESTAMP(3)"), "TIMESTAMP(3)");
  EXPECT_EQ(Aggregate("MIN", "STRING NOT NULL", true), "STRING NOT NULL");
  EXPECT_EQ(Aggregate("SUM", "STRING").substr(0, 8), "SQL-0101");
  EXPECT_EQ(Aggregate("MAX", "ARRAY<INT>").substr(0, 8), "SQL-0101");
}

}  // namespace
}  // namespace millrace
