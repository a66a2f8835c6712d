#include "connectors/kafka/key_decoder.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"

namespace millrace::kafka::key_decoder_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A record "1,2" is two rows, one without bytes none, and "?" is bad.
class Numbers final : public Decoder {
 public:
  uint32_t Decode(const std::vector<RawRecord>& records, const ChunkRef&,
                  std::vector<Rejection>& rejected) override {
    uint32_t at = 0;
    for (; at < records.size(); ++at, ++decoded_) {
      const std::string text(records[at].data, records[at].size_bytes);
      if (text == "?") {
        rejected.push_back({at, UserError({.code = "SRC-0103", .what = "no",
                                           .where = "", .why = "",
                                           .fix = ""})});
        continue;
      }
      const std::vector<std::string> rows =
          absl::StrSplit(text, ',', absl::SkipEmpty());
      if (rows_.size() + rows.size() > kMaxBatchRows) break;
      for (const std::string& row : rows) {
        rows_.push_back({Value::Int(std::atoi(row.c_str()))});
        row_records_.push_back(decoded_);
      }
    }
    return at;
  }
  const std::vector<uint32_t>& row_records() const override {
    return row_records_;
  }
  Batch TakeBatch() override {
    const std::vector<LogicalType> types = {LogicalType::BigInt()};
    decoded_ = 0;
    row_records_.clear();
    return BatchOf(types, std::exchange(rows_, {}));
  }

 private:
  std::vector<std::vector<Value>> rows_;
  std::vector<uint32_t> row_records_;
  uint32_t decoded_ = 0;
};

using KeyTexts = std::vector<std::optional<std::string>>;

class KeyDecoderTest : public ::testing::Test {
 protected:
  KeyDecoder::Keys Decode(const KeyTexts& texts) {
    return Decode(texts, 0, texts.size());
  }
  KeyDecoder::Keys Decode(const KeyTexts& texts, size_t first, size_t limit) {
    std::vector<FetchedRecord> records;
    for (const auto& text : texts) {
      FetchedRecord& record = records.emplace_back();
      if (text) record.key = *text;
    }
    return decoder_.Decode(records, first, limit);
  }

  // The keys of these records, as a column has them.
  static std::vector<std::string> KeysOf(
      const KeyDecoder::Keys& keys, const std::vector<uint32_t>& records) {
    const VectorRef column = keys.Column(0, LogicalType::BigInt(), records);
    std::vector<std::string> shown;
    for (uint32_t i = 0; i < records.size(); ++i) {
      const Value value = ValueAt(*column, i);
      shown.push_back(value.is_null()
                          ? "null"
                          : absl::StrCat(std::get<int64_t>(value.data)));
    }
    return shown;
  }

  // "record code" of each.
  static std::vector<std::string> Bad(const KeyDecoder::Keys& keys) {
    std::vector<std::string> shown;
    for (const KeyDecoder::Keys::Bad& bad : keys.bad) {
      EXPECT_EQ(keys.RowOf(bad.record), KeyDecoder::Keys::kBadKey);
      shown.push_back(
          absl::StrCat(bad.record, " ", ErrorCode(bad.error).value_or("-")));
    }
    return shown;
  }

  KeyDecoder decoder_{std::make_unique<Numbers>()};
};

TEST_F(KeyDecoderTest, AnyRecordsHaveTheirKeysOrNone) {
  const auto keys = Decode({"7", std::nullopt, "9", ""});
  EXPECT_EQ(keys.RowOf(0), 0);
  EXPECT_EQ(keys.RowOf(1), KeyDecoder::Keys::kNoKey);
  EXPECT_EQ(keys.RowOf(2), 1);
  EXPECT_EQ(keys.RowOf(3), KeyDecoder::Keys::kNoKey) << "it is no row";
  EXPECT_THAT(KeysOf(keys, {0, 1, 2, 3}),
              ElementsAre("7", "null", "9", "null"));
  EXPECT_THAT(KeysOf(keys, {2, 1, 2, 0}),
              ElementsAre("9", "null", "9", "7"));
  EXPECT_THAT(keys.bad, IsEmpty());
}

TEST_F(KeyDecoderTest, WithoutAnyKeyAllAreNull) {
  const auto keys = Decode({std::nullopt, std::nullopt});
  EXPECT_THAT(KeysOf(keys, {0, 1}), ElementsAre("null", "null"));
}

TEST_F(KeyDecoderTest, CountsRecordsFromTheFirstOfAll) {
  const auto keys = Decode({"1", "2", "?", "4", "5"}, 2, 4);
  EXPECT_EQ(keys.batch.row_count, 1u);
  EXPECT_THAT(Bad(keys), ElementsAre("2 SRC-0103"));
  EXPECT_THAT(KeysOf(keys, {3}), ElementsAre("4"));
}

TEST_F(KeyDecoderTest, WhatIsBadOrSeveralRowsIsSaidAndTheOthersAreRead) {
  std::vector<std::string> many(kMaxBatchRows, "1");
  const std::string fills = absl::StrJoin(many, ",");
  struct Case {
    KeyTexts texts;
    std::vector<std::string> bad;
    std::vector<std::string> keys;
  };
  for (const Case& c :
       {Case{{"7", "?", "8"}, {"1 SRC-0103"}, {"7", "null", "8"}},
        Case{{"7", "1,2", "8"}, {"1 SRC-0312"}, {"7", "null", "8"}},
        Case{{"1,2", "?", std::nullopt, "", "9"},
             {"0 SRC-0312", "1 SRC-0103"},
             {"null", "null", "null", "null", "9"}},
        // With it the batch is full before the last one.
        Case{{"7", fills, "8"}, {"1 SRC-0312"}, {"7", "null", "8"}},
        Case{{"1,2"}, {"0 SRC-0312"}, {"null"}}}) {
    const auto keys = Decode(c.texts);
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < c.texts.size(); ++i) all.push_back(i);
    EXPECT_EQ(Bad(keys), c.bad);
    EXPECT_EQ(KeysOf(keys, all), c.keys);
  }
}

TEST_F(KeyDecoderTest, NothingIsLeftOfTheKeysBefore) {
  Decode({"1", "2,3", "?"});
  const auto keys = Decode({"4"});
  EXPECT_THAT(KeysOf(keys, {0}), ElementsAre("4"));
  EXPECT_THAT(keys.bad, IsEmpty());
}

}  // namespace
}  // namespace millrace::kafka::key_decoder_test
