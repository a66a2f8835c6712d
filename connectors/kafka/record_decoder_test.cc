#include "connectors/kafka/record_decoder.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/formats/json/json_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/batch/vector_value.h"

namespace millrace::kafka::record_decoder_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Sent {
  std::optional<std::string> key;
  std::optional<std::string> value;
};

// A topic of {"id":...} under keys of {"k":...}; each Poll a batch.
class RecordDecoderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RegisterJsonFormat(registry_);
    columns_ = {{.name = "k", .type = LogicalType::Integer()},
                {.name = "id", .type = LogicalType::Integer()}};
  }

  void Open(TableOptions options, std::vector<std::string> primary_key = {}) {
    options["topic"] = "t";
    options["properties.bootstrap.servers"] = "nobody";
    options["key.format"] = "json";
    options["value.format"] = "json";
    TableDescriptor table = {.name = "t",
                             .columns = columns_,
                             .options = std::move(options)};
    table.primary_key = std::move(primary_key);
    const auto settings = ReadKafkaSettings(table);
    ASSERT_TRUE(settings.ok()) << settings.status();
    SourceRequest request;
    for (int i = 0; i < 2; ++i) {
      request.columns.push_back({{i}, columns_[i].type});
    }
    auto decoder = RecordDecoder::Open(table, *settings, request, registry_,
                                       absl::UTCTimeZone());
    ASSERT_TRUE(decoder.ok()) << decoder.status();
    decoder_ = *std::move(decoder);
  }
  void OpenAppends() {
    Open({{"connector", "kafka"},
          {"key.fields", "k"},
          {"value.fields-include", "EXCEPT_KEY"}});
  }
  void OpenUpserts() { Open({{"connector", "upsert-kafka"}}, {"k"}); }

  // Rows as "+I k id"; what is set aside goes to letters_.
  std::vector<std::string> Decode(const std::vector<Sent>& sent) {
    std::vector<FetchedRecord> records;
    for (const Sent& one : sent) {
      FetchedRecord record = {.topic = "t",
                              .partition = 3,
                              .offset = static_cast<int64_t>(records.size()),
                              .time_ms = 1700000000123};
      if (one.key) record.key = *one.key;
      if (one.value) record.value = *one.value;
      records.push_back(record);
    }
    std::vector<std::string> rows;
    for (size_t next = 0; next < records.size();) {
      Poll poll;
      next = decoder_->Decode(records, next, poll);
      EXPECT_LE(poll.batch.row_count, kMaxBatchRows);
      Show(poll.batch, rows);
      for (RejectedRecord& letter : poll.rejected) {
        letters_.push_back(std::move(letter));
      }
    }
    return rows;
  }

  static void Show(const Batch& batch, std::vector<std::string>& rows) {
    batch.selection().ForEach([&](uint32_t row) {
      std::string text(ToString(batch.kind(row)));
      for (const VectorRef& column : batch.columns) {
        const Value value = ValueAt(*column, row);
        absl::StrAppend(&text, " ",
                        value.is_null()
                            ? "null"
                            : absl::StrCat(std::get<int64_t>(value.data)));
      }
      rows.push_back(std::move(text));
    });
  }

  // "offset code part" of each.
  std::vector<std::string> Letters() const {
    std::vector<std::string> shown;
    for (const RejectedRecord& letter : letters_) {
      shown.push_back(absl::StrCat(
          *letter.origin.position, " ", ErrorCode(letter.error).value_or("-"),
          Message(letter).bad_key ? " key" : " value"));
    }
    return shown;
  }

  static MessageParts Message(const RejectedRecord& letter) {
    return *LetterPartsOf(letter.error).message;
  }

  static std::string Array(int rows) {
    std::string array = "[";
    for (int i = 0; i < rows; ++i) {
      absl::StrAppend(&array, i == 0 ? "" : ",", "{\"k\":1,\"id\":", i, "}");
    }
    return array + "]";
  }

  ConnectorRegistry registry_;
  std::vector<TableColumn> columns_;
  std::unique_ptr<RecordDecoder> decoder_;
  std::vector<RejectedRecord> letters_;
};

const char kKey[] = "{\"k\":7}";

TEST_F(RecordDecoderTest, AllRowsOfAValueHaveItsKey) {
  OpenAppends();
  const auto rows = Decode({{"{\"k\":6}", "{\"id\":-1}"},
                            {kKey, Array(2048)},
                            {"{\"k\":8}", "{\"id\":2048}"}});
  ASSERT_EQ(rows.size(), 2050u);
  EXPECT_EQ(rows[0], "+I 6 -1");
  for (int i = 0; i < 2048; ++i) {
    ASSERT_EQ(rows[i + 1], absl::StrCat("+I 7 ", i));
  }
  EXPECT_EQ(rows[2049], "+I 8 2048");
}

TEST_F(RecordDecoderTest, RowsOfOneValueAreInOneBatchWhereTheyFit) {
  OpenAppends();
  std::vector<Sent> sent(2047, Sent{kKey, "{\"id\":0}"});
  sent.push_back({kKey, Array(3)});
  std::vector<FetchedRecord> records;
  for (const Sent& one : sent) {
    records.push_back({.key = *one.key, .value = *one.value, .topic = "t"});
  }
  Poll first, second;
  EXPECT_EQ(decoder_->Decode(records, 0, first), 2047u);
  EXPECT_EQ(first.batch.row_count, 2047u) << "a checkpoint may come here";
  EXPECT_EQ(decoder_->Decode(records, 2047, second), 2048u);
  EXPECT_EQ(second.batch.row_count, 3u);
}

TEST_F(RecordDecoderTest, AValueThatEndsBadlyGivesNoRows) {
  OpenAppends();
  EXPECT_THAT(Decode({{kKey, "[{\"id\":1},{\"id\":\"x\"}]"},
                      {kKey, "{\"id\":2}"}}),
              ElementsAre("+I 7 2"));
  EXPECT_THAT(Letters(), ElementsAre("0 SRC-0103 value"));
}

TEST_F(RecordDecoderTest, OneLetterIsWrittenOfARecordAndHasBothParts) {
  OpenAppends();
  EXPECT_THAT(Decode({{"{", "{\"id\":1}"}, {"{", "["}, {kKey, "{"}}),
              IsEmpty());
  EXPECT_THAT(Letters(), ElementsAre("1 SRC-0101 value", "2 SRC-0101 value",
                                     "0 SRC-0101 key"));
  EXPECT_EQ(letters_[2].origin.text, "topic t, partition 3, offset 0");
  EXPECT_EQ(letters_[2].origin.raw, "{\"id\":1}");
  EXPECT_EQ(Message(letters_[2]).key, "{");
  EXPECT_EQ(Message(letters_[2]).time_ms, 1700000000123);
  EXPECT_EQ(Message(letters_[1]).key, kKey);
}

TEST_F(RecordDecoderTest, AKeyIsOneRow) {
  OpenAppends();
  EXPECT_THAT(Decode({{"[{\"k\":1},{\"k\":2}]", "{\"id\":1}"},
                      {"", "{\"id\":2}"},
                      {std::nullopt, "{\"id\":3}"}}),
              ElementsAre("+I null 2", "+I null 3"));
  EXPECT_THAT(Letters(), ElementsAre("0 SRC-0312 key"));
}

TEST_F(RecordDecoderTest, KeysOfSeveralRowsThatDoNotFitAreFound) {
  OpenAppends();
  EXPECT_THAT(Decode({{kKey, "{\"id\":1}"},
                      {Array(2048), "{\"id\":2}"},
                      {Array(2049), "{\"id\":3}"},
                      {"{", "{\"id\":4}"},
                      {"{\"k\":8}", "{\"id\":5}"}}),
              ElementsAre("+I 7 1", "+I 8 5"));
  EXPECT_THAT(Letters(), ElementsAre("1 SRC-0312 key", "2 SRC-0105 key",
                                     "3 SRC-0101 key"));
}

TEST_F(RecordDecoderTest, UpsertsRefuseValuesOfSeveralRows) {
  OpenUpserts();
  EXPECT_THAT(Decode({{kKey, "{\"id\":1}"},
                      {kKey, "[{\"id\":1},{\"id\":2}]"},
                      {kKey, std::nullopt}}),
              ElementsAre("+U 7 1", "-D 7 null"));
  EXPECT_THAT(Letters(), ElementsAre("1 SRC-0312 value"));
}

TEST_F(RecordDecoderTest, UpsertsThatFillABatchWithTombstonesFit) {
  OpenUpserts();
  std::vector<Sent> sent(1024, Sent{kKey, std::nullopt});
  sent.push_back({kKey, Array(2000)});
  sent.resize(2048, Sent{kKey, "{\"id\":1}"});
  EXPECT_EQ(Decode(sent).size(), 2047u);
  EXPECT_THAT(Letters(), ElementsAre("1024 SRC-0312 value"));
}

TEST_F(RecordDecoderTest, UpsertsWithoutAKeyAreSetAside) {
  OpenUpserts();
  EXPECT_THAT(Decode({{std::nullopt, "{\"id\":1}"},
                      {"", "{\"id\":2}"},
                      {"{", std::nullopt},
                      {"[]", "{\"id\":3}"}}),
              IsEmpty());
  EXPECT_THAT(Letters(), ElementsAre("0 SRC-0309 key", "2 SRC-0101 key",
                                     "1 SRC-0309 key", "3 SRC-0309 key"));
  EXPECT_FALSE(Message(letters_[1]).has_value);
}

TEST_F(RecordDecoderTest, ARecordThatIsTooLongIsCutWithAMark) {
  OpenAppends();
  const std::string value(kMaxRecordBytes, 'x');
  EXPECT_THAT(Decode({{kKey, value}}), IsEmpty());
  EXPECT_THAT(Letters(), ElementsAre("0 SRC-0307 value"));
  EXPECT_EQ(letters_[0].origin.raw, value.substr(0, 64 << 10));
  EXPECT_EQ(LetterPartsOf(letters_[0].error).cut,
            (LetterParts::Whole{8 << 20, HashBytes(value)}));
}

TEST_F(RecordDecoderTest, ALetterOfTheLongestRecordHasAllOfIt) {
  OpenAppends();
  const std::string value(kMaxRecordBytes - sizeof kKey + 1, 'x');
  EXPECT_THAT(Decode({{kKey, value}}), IsEmpty());
  EXPECT_THAT(Letters(), ElementsAre("0 SRC-0101 value"));
  EXPECT_EQ(letters_[0].origin.raw, value);
  EXPECT_EQ(LetterPartsOf(letters_[0].error).cut, std::nullopt);
}

TEST_F(RecordDecoderTest, ALetterIsDecodedLikeItsRecord) {
  OpenUpserts();
  EXPECT_THAT(Decode({{"{\"k\":\"x\"}", std::nullopt}, {kKey, "{"}}),
              IsEmpty());
  std::vector<LetterRecord> letters;
  for (const RejectedRecord& letter : letters_) {
    letters.push_back({letter.origin, LetterPartsOf(letter.error)});
  }
  letters[0].origin.raw = "{\"id\":5}";  // What was wrong is mended.
  std::vector<FetchedRecord> again;
  for (const LetterRecord& letter : letters) {
    again.push_back(FromLetter(letter));
  }
  Poll poll;
  EXPECT_EQ(decoder_->Decode(again, 0, poll), 2u);
  std::vector<std::string> rows;
  Show(poll.batch, rows);
  EXPECT_THAT(rows, ElementsAre("+U 7 5"));
  ASSERT_EQ(poll.rejected.size(), 1u);
  EXPECT_EQ((LetterRecord{poll.rejected[0].origin,
                          LetterPartsOf(poll.rejected[0].error)}),
            letters[1]);
}

}  // namespace
}  // namespace millrace::kafka::record_decoder_test
