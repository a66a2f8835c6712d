#include "connectors/formats/csv_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/formats/decoder_probe.h"
#include "runtime/base/rng.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using Type = LogicalType;

class CsvTest : public ::testing::Test {
 protected:
  CsvTest() {
    RegisterCsvFormat(registry_);
    columns_ = {{.name = "a", .type = Type::BigInt()},
                {.name = "b", .type = Type::String()}};
  }

  std::vector<std::string> Rows(const std::vector<std::string>& records) {
    auto decoder = (*registry_.FindFormat("csv"))
                       ->MakeDecoder({.columns = columns_, .options = options_},
                                     Everything(columns_));
    if (!decoder.ok()) return {std::string(decoder.status().message())};
    return DecodeAll(**decoder, records);
  }
  std::string Encoded(const std::vector<Value>& row) {
    auto encoder =
        (*registry_.FindFormat("csv"))
            ->MakeEncoder({.columns = columns_, .options = options_});
    std::vector<Type> types;
    for (const TableColumn& column : columns_) types.push_back(column.type);
    const std::vector<std::vector<Value>> rows = {row};
    std::string out;
    std::vector<uint32_t> ends;
    EXPECT_TRUE((*encoder)->Encode(BatchOf(types, rows), out, ends).ok());
    EXPECT_THAT(ends, ElementsAre(out.size()));
    return out;
  }

  ConnectorRegistry registry_;
  std::vector<TableColumn> columns_;
  TableOptions options_;
};

TEST_F(CsvTest, ReadsQuotedAndPlainFields) {
  EXPECT_THAT(
      Rows({"1,x", " 2 ,\"a,b\"", "3,\"say \"\"hi\"\"\"", "4,", "5,\"\"", "",
            "6,\"two\nlines, and longer than inline\""}),
      ElementsAre("1, 'x'", "2, 'a,b'", "3, 'say \"hi\"'", "4, ''", "5, ''",
                  "6, 'two\nlines, and longer than inline'"));
}

TEST_F(CsvTest, RejectsWithFieldAndByte) {
  EXPECT_THAT(
      Rows({"x,y", "1", "1,2,3", "1,\"open", "1,\"a\"b", ",x", "1,\xff"}),
      ElementsAre(
          "SRC-0103: field a is not a whole number such as 42, at byte 0 of "
          "the record: found x",
          "SRC-0111: a record has 1 fields and the table 2 columns: found 1",
          "SRC-0111: a record has 3 fields and the table 2 columns: found "
          "1,2,3",
          "SRC-0111: malformed CSV: a quote is not closed: found 1,\"open",
          "SRC-0111: malformed CSV: a quote is not closed: found 1,\"a\"b",
          "SRC-0103: field a is not a whole number such as 42, at byte 0 of "
          "the record: found ",
          "SRC-0102: the record is not UTF-8, at byte 2 of the record"));
  options_["ignore-parse-errors"] = "true";
  EXPECT_THAT(Rows({"x,y", "1", "1,2,3", "1,\"open"}),
              ElementsAre("null, 'y'", "1, null"));
}

TEST_F(CsvTest, FollowsItsOptions) {
  options_ = {{"field-delimiter", "|"},  {"quote-character", "'"},
              {"escape-character", "\\"}, {"null-literal", "n/a"},
              {"allow-comments", "true"}};
  EXPECT_THAT(Rows({"# a comment", "1|'a|\\'b'", "n/a|n/a"}),
              ElementsAre("1, 'a|'b'", "null, null"));
  EXPECT_EQ(Encoded({Value::Null(), Value::Text("it's")}), "n/a|'it\\'s'");
  options_ = {{"disable-quote-character", "true"}};
  EXPECT_THAT(Rows({"1,\"x"}), ElementsAre("1, '\"x'"));
  EXPECT_EQ(Encoded({Value::Int(1), Value::Text("a \"b")}), "1,a \"b");
  options_ = {{"field-delimiter", "||"}};
  EXPECT_THAT(Rows({""}),
              ElementsAre("SQL-0903: option 'field-delimiter' = '||' is not a "
                          "single ASCII character. Write for example "
                          "'field-delimiter' = ';'"));
}

TEST_F(CsvTest, ReadsAndWritesEachType) {
  columns_ = {{.name = "d", .type = Type::Decimal(10, 2)},
              {.name = "t", .type = Type::Timestamp(3)},
              {.name = "y", .type = Type::Date()},
              {.name = "f", .type = Type::Double()},
              {.name = "l", .type = Type::Array(Type::Integer())},
              {.name = "o", .type = Type::Boolean()}};
  EXPECT_THAT(Rows({"1.5,\"1970-01-01 00:00:01.03\",1970-01-02,2.5,1;2,true"}),
              ElementsAre("150, 1030, 1, 2.5d, (1, 2), true"));
  EXPECT_EQ(Encoded({Value::Int(150), Value::Int(1030), Value::Int(1),
                     Value::Double(2.5),
                     Value::List({Value::Int(1), Value::Int(2)}),
                     Value::Bool(true)}),
            "1.5,\"1970-01-01 00:00:01.03\",1970-01-02,2.5,1;2,true");
}

// Which texts Flink's writer quotes.
TEST_F(CsvTest, QuotesAsFlinkDoes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Baidu", "Baidu"},
      {"a b", "\"a b\""},
      {"a,b", "\"a,b\""},
      {"a+b", "\"a+b\""},
      {"a-b", "a-b"},
      {"a\\b", "a\\b"},
      {"", ""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"},
      {"abcdefghijklmnopqrstuvwxy", "\"abcdefghijklmnopqrstuvwxy\""}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(Encoded({Value::Int(1), Value::Text(text)}), "1," + expected);
  }
}

// Whatever the bytes are, a record gives one row, one error, or, when it is
// empty, nothing; and what it gives does not depend on its neighbours.
TEST_F(CsvTest, TakesAnyBytes) {
  options_ = {{"escape-character", "\\"}};
  constexpr absl::string_view kBytes = "\"\"\\,,;1a \xc3\xa4\xff";
  Rng rng(20151107);
  for (int i = 0; i < 3000; ++i) {
    std::string record;
    for (uint64_t size = rng.Below(24); size > 0; --size) {
      record.push_back(kBytes[rng.Below(kBytes.size())]);
    }
    const auto alone = Rows({record});
    ASSERT_EQ(alone.size(), record.empty() ? 0u : 1u) << record;
    auto expected = alone;
    expected.insert(expected.begin(), "1, 'a \"quoted\" b'");
    expected.push_back("2, ''");
    auto rows = Rows({"1,\"a \"\"quoted\"\" b\"", record, "2,"});
    std::sort(expected.begin(), expected.end());
    std::sort(rows.begin(), rows.end());
    ASSERT_EQ(rows, expected) << record;
  }
}

}  // namespace
}  // namespace millrace
