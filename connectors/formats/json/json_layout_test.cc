#include "connectors/formats/json/json_layout.h"

#include "absl/strings/str_join.h"
#include "connectors/formats/decoder_probe.h"
#include "connectors/formats/json/json_decoder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/rng.h"

namespace millrace {
namespace {

using testing::HasSubstr;

// A table with a bit of everything and what a query wants of it.
class Table {
 public:
  Table() {
    const LogicalType text = LogicalType::String();
    request_.columns = {
        {"kind", LogicalType::Integer()},
        {"bid", LogicalType::Row({{"auction", LogicalType::BigInt()},
                                  {"price", LogicalType::Decimal(10, 2)},
                                  {"url", text},
                                  {"at", LogicalType::Timestamp(3)},
                                  {"extra", text}})},
        {"person", LogicalType::Row({{"name", text}})},
        {"flag", LogicalType::Boolean()},
    };
    for (const std::vector<int>& path :
         {std::vector<int>{0}, {1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {2},
          {3}}) {
      LogicalType type = request_.columns[path[0]].type;
      if (path.size() > 1) type = type.fields()[path[1]].type;
      wanted_.columns.push_back({path, type});
    }
  }

  std::unique_ptr<JsonDecoder> Decoder() const {
    return std::make_unique<JsonDecoder>(JsonOptions(), request_, wanted_);
  }

  // The rows of one record, or why there are none.
  std::string Decode(JsonDecoder& decoder, absl::string_view record) const {
    return absl::StrJoin(DecodeAll(decoder, {std::string(record)}), "; ");
  }

 private:
  FormatRequest request_;
  SourceRequest wanted_;
};

constexpr absl::string_view kRecords[] = {
    R"({"kind":2,"person":null,"bid":{"auction":1004,"price":12.50,"url":"https://x/y?q=1","at":"2015-07-15 00:00:01.030","extra":"a\\b\"c]IR_[aNMJ`_rxyehkJXOYK`shyggpyjhpzw"},"flag":true})",
    R"({"kind":0,"person":{"name":"Peter Jones","age":42},"bid":null,"flag":null})",
    R"( {"kind" : 1 , "other":[1,2], "bid":{"auction":"77","price":1e1,"url":null}} )",
    R"({"kind":3,"unwanted":{"a":{"b":"c\n","d":-1.5e-3}},"bid":{"auction":12345678901234567,"url":"","at":"2015-07-15 00:00:02"},"flag":false})",
    R"({"kind":4,"person":{"name":"Jürgen Groß aus Köln am Rhein, 世界"},"bid":null,"s":"ü\\t"})",
};

TEST(JsonLayoutTest, ReadsTheSecondRecordOfAShapeAsTheFirst) {
  const Table table;
  for (const absl::string_view record : kRecords) {
    const auto learned = table.Decoder();
    const std::string first = table.Decode(*learned, record);
    EXPECT_THAT(first, HasSubstr(", ")) << record;
    EXPECT_EQ(table.Decode(*learned, record), first) << record;
  }
}

TEST(JsonLayoutTest, ReadsOtherValuesOfAShapeAsTheWalkerDoes) {
  const Table table;
  const auto learned = table.Decoder();
  table.Decode(*learned, kRecords[0]);
  for (const absl::string_view record : {
           R"({"kind":-2,"person":null,"bid":{"auction":null,"price":null,"url":"\u00e4","at":null,"extra":"\t\/"},"flag":false})",
           R"({"kind":"","person":null,"bid":{"auction":1e2,"price":"1","url":7,"at":"2015-07-15 00:00:01","extra":null},"flag":"true"})",
           R"({"kind":2147483648,"person":null,"bid":{"auction":01,"price":-0,"url":"Grüße, 世界 und eine lange Zeile","at":"2015-02-30 24:00:00.000","extra":"ä\\ö, noch länger als ein Block von 32"},"flag":1})",
           R"({"kind":2,"person":null,"bid":{"auction":99999999999999999,"price":9,"url":"x","at":"x","extra":"y"},"flag":null} )",
           R"({"kind":2,"person":null,"bid":{"auction":9223372036854775808,"price":9,"url":"x","at":"2015-07-15 00:00:01.0301","extra":"y"},"flag":null}x)"}) {
    EXPECT_EQ(table.Decode(*learned, record),
              table.Decode(*table.Decoder(), record))
        << record;
  }
}

TEST(JsonLayoutTest, LearnsWhatItKnowsAndLeavesTheRest) {
  const LogicalType text = LogicalType::String();
  const FormatRequest request{.columns = {{"a", text}, {"b", text}}};
  const SourceRequest wanted{.columns = {{{0}, text}, {{1}, text}}};
  JsonProjection projection(request.columns, wanted);
  const auto learns = [&](absl::string_view record) {
    return LearnJsonLayout(record, JsonOptions(), projection).has_value();
  };
  EXPECT_TRUE(learns(R"({"a":"x","b":"y"})"));
  EXPECT_TRUE(learns(R"({"a":null,"c":{"d":1}})"));
  EXPECT_FALSE(learns(R"({"a":{"in":1}})"));    // An object into a STRING.
  EXPECT_TRUE(learns(R"({"a":"x","c":[]})"));   // A list nobody wants.
  EXPECT_FALSE(learns(R"({"a":"x","a":"y"})"));  // A key that comes twice.
  EXPECT_FALSE(learns(R"([{"a":"x"}])"));
}

// One random edit: a byte changed, dropped, doubled, or the end cut off.
std::string Mutated(absl::string_view record, Rng& rng) {
  std::string text(record);
  const size_t at = rng.Below(text.size());
  constexpr absl::string_view kBytes =
      "\"\\{}[]:,.0159eE-+nulltrue \n\t\x01\xc3";
  switch (rng.Below(5)) {
    case 0: text[at] = kBytes[rng.Below(kBytes.size())]; break;
    case 1: text.erase(at, 1 + rng.Below(3)); break;
    case 2: text.insert(at, 1, text[rng.Below(text.size())]); break;
    case 3: text.resize(at); break;
    default: text.insert(at, 1, kBytes[rng.Below(kBytes.size())]); break;
  }
  return text;
}

// The walker decides what is accepted and what it means; a decoder that has
// learned every shape must say the same of every record.
TEST(JsonLayoutTest, AgreesWithTheWalkerOnDamagedRecords) {
  const Table table;
  const auto learned = table.Decoder();
  for (const absl::string_view record : kRecords) {
    table.Decode(*learned, record);
  }
  Rng rng(20151107);
  for (int i = 0; i < 40'000; ++i) {
    std::string record(kRecords[rng.Below(std::size(kRecords))]);
    for (uint64_t edits = rng.Below(3); edits > 0 && !record.empty(); --edits) {
      record = Mutated(record, rng);
    }
    const auto fresh = table.Decoder();  // Knows no layout yet.
    ASSERT_EQ(table.Decode(*learned, record), table.Decode(*fresh, record))
        << record;
  }
}

// Objects that nobody wants may differ in every record.
TEST(JsonLayoutTest, ReadsRecordsWhoseOtherObjectsDiffer) {
  const Table table;
  const auto learned = table.Decoder();
  const std::string nested = R"(":[{"x":[1,"]"]},null,{}]},"kind":)";
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(table.Decode(*learned, absl::StrCat("{\"tags\":{\"t", i, nested,
                                                  i, "}")),
              absl::StrCat(i, ", null, null, null, null, null, null, null"));
  }
}

}  // namespace
}  // namespace millrace
