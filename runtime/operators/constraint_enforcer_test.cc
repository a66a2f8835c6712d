#include "runtime/operators/constraint_enforcer.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/chunk.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// A column of strings; "-" stands for NULL.
std::shared_ptr<Vector> Strings(const std::vector<std::string>& values) {
  auto column = std::make_shared<Vector>(PhysicalType::kString,
                                         static_cast<uint32_t>(values.size()));
  StringWriter writer;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto row = static_cast<uint32_t>(i);
    column->data<StringView>()[row] = writer.Copy(values[i]);
    if (values[i] == "-") column->SetNull(row);
  }
  column->AddChunks(writer.TakeChunks());
  return column;
}

std::shared_ptr<Vector> RowsOf(std::shared_ptr<Vector> field) {
  auto column =
      std::make_shared<Vector>(PhysicalType::kRow, field->capacity(), 1);
  column->SetChild(0, std::move(field));
  return column;
}

// One array a row, of these lengths, over `elements`.
std::shared_ptr<Vector> Arrays(const std::vector<uint32_t>& lengths,
                               VectorRef elements) {
  auto column = std::make_shared<Vector>(
      PhysicalType::kList, static_cast<uint32_t>(lengths.size()), 1);
  uint32_t offset = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    column->data<ListEntry>()[i] = {.offset = offset, .length = lengths[i]};
    offset += lengths[i];
  }
  column->SetChild(0, std::move(elements));
  return column;
}

// A sink with the one column `c`.
class ConstraintEnforcerTest : public ::testing::Test {
 protected:
  absl::StatusOr<Batch> Enforce(const LogicalType& type, VectorRef column) {
    spec_.table = {.name = "o", .columns = {{.name = "c", .type = type}}};
    Batch batch = {.row_count = column->capacity(), .columns = {column}};
    batch.selected = selected_;
    return ConstraintEnforcer(spec_).Enforce(batch);
  }

  // The values of `column` in the rows of `batch`.
  static std::vector<std::string> Values(const Batch& batch,
                                         const Vector& column) {
    std::vector<std::string> values;
    batch.selection().ForEach([&](uint32_t row) {
      values.push_back(
          column.IsNull(row)
              ? "-"
              : std::string(column.data<StringView>()[row].view()));
    });
    return values;
  }

  std::vector<std::string> Enforced(const LogicalType& type,
                                    VectorRef column) {
    const auto batch = Enforce(type, std::move(column));
    if (!batch.ok()) return {std::string(batch.status().message())};
    return Values(*batch, *batch->columns[0]);
  }

  SinkSpec spec_;
  std::shared_ptr<const std::vector<uint32_t>> selected_;
};

TEST_F(ConstraintEnforcerTest, LeavesLengthsAloneByDefault) {
  EXPECT_THAT(Enforced(LogicalType::Char(3), Strings({"a", "abcd"})),
              ElementsAre("a", "abcd"));
}

TEST_F(ConstraintEnforcerTest, CutsAndFillsWhereAsked) {
  spec_.length_enforcer = LengthEnforcer::kTrimPad;
  const auto text = Strings({"a", "abcd", "-", "abc", "žluť"});
  EXPECT_THAT(Enforced(LogicalType::Char(3), text),
              ElementsAre("a  ", "abc", "-", "abc", "žlu"));
  EXPECT_THAT(Enforced(LogicalType::VarChar(3), text),
              ElementsAre("a", "abc", "-", "abc", "žlu"));
  EXPECT_THAT(Enforced(LogicalType::String(), text),
              ElementsAre("a", "abcd", "-", "abc", "žluť"));
}

TEST_F(ConstraintEnforcerTest, FillsBytesWithZeros) {
  spec_.length_enforcer = LengthEnforcer::kTrimPad;
  const auto bytes = Strings({"a", "žl", "more than twelve bytes"});
  EXPECT_THAT(Enforced(LogicalType::Binary(2), bytes),
              ElementsAre(std::string("a\0", 2), "ž", "mo"));
  EXPECT_THAT(Enforced(LogicalType::VarBinary(14), bytes),
              ElementsAre("a", "žl", "more than twel"));
}

TEST_F(ConstraintEnforcerTest, AColumnThatFitsIsNotCopied) {
  spec_.length_enforcer = LengthEnforcer::kTrimPad;
  const VectorRef column = Strings({"abc", "-", "xyz"});
  EXPECT_EQ(Enforce(LogicalType::Char(3), column)->columns[0], column);
}

TEST_F(ConstraintEnforcerTest, RefusesLengthsWhereAsked) {
  spec_.length_enforcer = LengthEnforcer::kError;
  EXPECT_THAT(Enforced(LogicalType::VarChar(4), Strings({"a", "-", "žluť"})),
              ElementsAre("a", "-", "žluť"));
  EXPECT_THAT(Enforced(LogicalType::VarChar(3), Strings({"a", "abcd"})),
              ElementsAre(StartsWith(
                  "SNK-0002: Column 'c' is VARCHAR(3), however, a string of "
                  "length 4 is being written into it, at table o")));
  EXPECT_THAT(Enforced(LogicalType::Binary(3), Strings({"abc", "ab"})),
              ElementsAre(StartsWith("SNK-0002: Column 'c' is BINARY(3), "
                                     "however, a string of length 2")));
}

TEST_F(ConstraintEnforcerTest, LooksOnlyAtRowsThatCount) {
  spec_.length_enforcer = LengthEnforcer::kError;
  selected_ = std::make_shared<std::vector<uint32_t>>(
      std::vector<uint32_t>{0, 2});
  EXPECT_THAT(Enforced(LogicalType::VarChar(3), Strings({"a", "abcd", "b"})),
              ElementsAre("a", "b"));
}

TEST_F(ConstraintEnforcerTest, LooksIntoRowsWhereAsked) {
  const LogicalType type =
      LogicalType::Row({{"f", LogicalType::Char(2).NotNull()}});
  EXPECT_TRUE(Enforce(type, RowsOf(Strings({"-"}))).ok()) << "by default";

  spec_.nested_enforcer = NestedEnforcer::kRows;
  EXPECT_THAT(Enforced(type, RowsOf(Strings({"ab", "-"}))),
              ElementsAre(StartsWith("SNK-0001: Column 'c.f' is NOT NULL")));
  spec_.length_enforcer = LengthEnforcer::kTrimPad;
  const auto fitted = Enforce(type, RowsOf(Strings({"ab", "x"})));
  ASSERT_TRUE(fitted.ok());
  EXPECT_THAT(Values(*fitted, *fitted->columns[0]->child(0)),
              ElementsAre("ab", "x "));
}

TEST_F(ConstraintEnforcerTest, ANestedNullDropsItsRowWhereAsked) {
  spec_.nested_enforcer = NestedEnforcer::kRows;
  spec_.drop_null_violations = true;
  const auto batch =
      Enforce(LogicalType::Row({{"f", LogicalType::String().NotNull()}}),
              RowsOf(Strings({"a", "-", "b"})));
  ASSERT_TRUE(batch.ok());
  EXPECT_THAT(Values(*batch, *batch->columns[0]->child(0)),
              ElementsAre("a", "b"));
}

TEST_F(ConstraintEnforcerTest, ANullRowBreaksNothingInside) {
  spec_.nested_enforcer = NestedEnforcer::kRows;
  auto rows = RowsOf(Strings({"-"}));
  rows->SetNull(0);
  const LogicalType type =
      LogicalType::Row({{"f", LogicalType::String().NotNull()}});
  EXPECT_TRUE(Enforce(type, rows).ok());
}

TEST_F(ConstraintEnforcerTest, NamesThePlaceInCollections) {
  const LogicalType type = LogicalType::Array(
      LogicalType::Row({{"f", LogicalType::VarChar(2).NotNull()}}));
  const auto column = Arrays({1, 0, 2}, RowsOf(Strings({"a", "b", "abc"})));
  spec_.length_enforcer = LengthEnforcer::kError;
  spec_.nested_enforcer = NestedEnforcer::kRows;
  EXPECT_TRUE(Enforce(type, column).ok()) << "not in collections";
  spec_.nested_enforcer = NestedEnforcer::kRowsAndCollections;
  const auto refused = Enforce(type, column);
  EXPECT_THAT(std::string(refused.status().message()),
              StartsWith("SNK-0002: Column 'c[1].f' is VARCHAR(2), however, a "
                         "string of length 3"));
}

}  // namespace
}  // namespace millrace
