#include "connectors/formats/raw_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/formats/decoder_probe.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using Type = LogicalType;

// Records to rows, and the values back to records.
class RawTest : public ::testing::Test {
 protected:
  RawTest() { RegisterRawFormat(registry_); }

  std::vector<std::string> Rows(const Type& type,
                                const std::vector<std::string>& records,
                                const TableOptions& options = {}) {
    const std::vector<TableColumn> columns = {{.name = "v", .type = type}};
    auto decoder =
        (*registry_.FindFormat("raw"))
            ->MakeDecoder({.columns = columns, .options = options},
                          Everything(columns));
    if (!decoder.ok()) return {std::string(decoder.status().message())};
    return DecodeAll(**decoder, records);
  }
  std::string Encoded(const Type& type, const Value& value,
                      const TableOptions& options = {}) {
    auto encoder =
        (*registry_.FindFormat("raw"))
            ->MakeEncoder({.columns = {{.name = "v", .type = type}},
                           .options = options});
    const std::vector<Type> types = {type};
    const std::vector<std::vector<Value>> rows = {{value}};
    std::string out;
    std::vector<uint32_t> ends;
    EXPECT_TRUE((*encoder)->Encode(BatchOf(types, rows), out, ends).ok());
    return out;
  }

  ConnectorRegistry registry_;
};

TEST_F(RawTest, TakesTextAsItIs) {
  EXPECT_THAT(Rows(Type::String(), {"{\"a\": 1}", "", "a\xff"}),
              ElementsAre("'{\"a\": 1}'", "''",
                          "SRC-0102: the record is not UTF-8, at byte 1 of the "
                          "record"));
  EXPECT_EQ(Encoded(Type::String(), Value::Text("x y")), "x y");
  EXPECT_EQ(Encoded(Type::Bytes(), Value::Text("\xff")), "\xff");
}

TEST_F(RawTest, KnowsLatin1) {
  const TableOptions options = {{"charset", "ISO-8859-1"}};
  EXPECT_THAT(Rows(Type::String(), {"\xE9"}, options),
              ElementsAre("'\xC3\xA9'"));
  EXPECT_EQ(Encoded(Type::String(), Value::Text("\xC3\xA9\xE2\x82\xAC"),
                    options),
            "\xE9?");
}

TEST_F(RawTest, TakesNumbersInEitherOrderOfBytes) {
  const std::string bytes("\x01\x02\x03\x04", 4);
  EXPECT_THAT(Rows(Type::Integer(), {bytes, "x"}),
              ElementsAre("16909060",
                          "SRC-0112: a record has 1 bytes and INT 4"));
  const TableOptions little = {{"endianness", "little-endian"}};
  EXPECT_THAT(Rows(Type::Integer(), {bytes}, little), ElementsAre("67305985"));
  EXPECT_EQ(Encoded(Type::Integer(), Value::Int(16909060)), bytes);
}

TEST_F(RawTest, RefusesMoreThanOneColumn) {
  EXPECT_THAT(Rows(Type::Date(), {}),
              ElementsAre(::testing::StartsWith("SQL-0906: the format raw")));
}

}  // namespace
}  // namespace millrace
