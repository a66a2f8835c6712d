#include "connectors/kafka/kafka_settings.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Table bids (id BIGINT, k_name STRING, ts metadata) over topic "bids".
TableDescriptor Table(const TableOptions& options) {
  TableDescriptor table{
      .name = "bids",
      .columns = {{"id", LogicalType::BigInt()},
                  {"k_name", LogicalType::String()},
                  {"ts", LogicalType::TimestampLtz(3), "timestamp"}},
      .options = {{"connector", "kafka"},
                  {"topic", "bids"},
                  {"properties.bootstrap.servers", "a:9092"},
                  {"format", "json"}}};
  for (const auto& [key, value] : options) {
    if (value == "-") {
      table.options.erase(key);
    } else {
      table.options[key] = value;
    }
  }
  return table;
}

std::string Refusal(const TableOptions& options) {
  return std::string(ReadKafkaSettings(Table(options)).status().message());
}

TEST(KafkaSettingsTest, HasFlinksDefaults) {
  const auto settings = ReadKafkaSettings(Table({}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->start.kind, OffsetMode::Kind::kGroupOffsets);
  EXPECT_EQ(settings->end.kind, OffsetMode::Kind::kNone);
  EXPECT_EQ(settings->discovery_interval, absl::Minutes(5));
  EXPECT_EQ(settings->partitioning, Partitioning::kDefault);
  EXPECT_THAT(settings->value_columns, ElementsAre(0, 1));
}

TEST(KafkaSettingsTest, TellsKeyAndValueApart) {
  const auto settings = ReadKafkaSettings(
      Table({{"key.format", "json"},
             {"key.json.encode.decimal-as-plain-number", "true"},
             {"key.fields", "k_name"},
             {"key.fields-prefix", "k_"},
             {"value.json.ignore-parse-errors", "true"},
             {"value.fields-include", "EXCEPT_KEY"}}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->key_columns, ElementsAre(1));
  EXPECT_THAT(settings->value_columns, ElementsAre(0));
  EXPECT_THAT(settings->key_options,
              ElementsAre(Pair("encode.decimal-as-plain-number", "true")));
  EXPECT_THAT(settings->value_options,
              ElementsAre(Pair("ignore-parse-errors", "true")));
}

TEST(KafkaSettingsTest, ReadsOffsetsOfPartitions) {
  const auto settings = ReadKafkaSettings(
      Table({{"scan.startup.mode", "specific-offsets"},
             {"scan.startup.specific-offsets",
              "partition:0,offset:42; partition:1,offset:300"}}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->start.offsets, ElementsAre(Pair(0, 42), Pair(1, 300)));
}

TEST(KafkaSettingsTest, RefusesWithAReasonAndAWayOut) {
  const struct {
    TableOptions options;
    const char* message;
  } kCases[] = {
      {{{"topic", "-"}},
       "SQL-0314: option 'topic' cannot be used, at connector 'kafka': "
       "exactly one of 'topic' and 'topic-pattern' must be given"},
      {{{"topic", "-"}, {"topic-pattern", "a["}},
       "SQL-0314: option 'topic-pattern' cannot be used, at connector "
       "'kafka': Unexpected character within '[...]' in regular expression. "
       "Write a regular expression such as 'bids-.*'."},
      {{{"properties.bootstrap.servers", "-"}},
       "SQL-0314: option 'properties.bootstrap.servers' cannot be used, at "
       "connector 'kafka': it is missing. Add "
       "'properties.bootstrap.servers' = 'HOST:9092'."},
      {{{"format", "-"}},
       "SQL-0314: option 'format' cannot be used, at connector 'kafka': the "
       "table names no format. Add 'format' = 'json', or 'csv', or 'raw'."},
      {{{"key.fieldz", "id"}},
       "SQL-0314: option 'key.fieldz' cannot be used, at connector 'kafka': "
       "neither the connector nor a format of this table has it. Did you mean "
       "'key.fields'?"},
      {{{"csv.ignore-parse-errors", "true"}},
       "SQL-0314: option 'csv.ignore-parse-errors' cannot be used, at "
       "connector 'kafka': neither the connector nor a format of this table "
       "has it. Options of this table's formats begin with 'json.', "
       "'value.json.'."},
      {{{"key.fields", "id"}},
       "SQL-0314: option 'key.fields' cannot be used, at connector 'kafka': "
       "the key has no format. Add 'key.format' = 'json', or 'csv', or "
       "'raw'."},
      {{{"key.fields", "ids"}, {"key.format", "json"}},
       "SQL-0314: option 'key.fields' cannot be used, at connector 'kafka': "
       "there is no column 'ids'. Did you mean 'id'?"},
      {{{"key.fields", "ts"}, {"key.format", "json"}},
       "SQL-0314: option 'key.fields' cannot be used, at connector 'kafka': "
       "'ts' is a metadata column"},
      {{{"key.fields", "id"}, {"key.format", "json"},
        {"key.fields-prefix", "k_"}, {"value.fields-include", "EXCEPT_KEY"}},
       "SQL-0314: option 'key.fields' cannot be used, at connector 'kafka': "
       "'id' does not begin with 'k_', the 'key.fields-prefix'"},
      {{{"scan.startup.mode", "specific-offsets"},
        {"scan.startup.specific-offsets", "0:42"}},
       "SQL-0314: option 'scan.startup.specific-offsets' cannot be used, at "
       "connector 'kafka': '0:42' is no pair. Write "
       "'partition:0,offset:42;partition:1,offset:7'."},
      {{{"topic", "a;b"}, {"scan.bounded.mode", "specific-offsets"},
        {"scan.bounded.specific-offsets", "partition:0,offset:1"}},
       "SQL-0314: option 'scan.bounded.specific-offsets' cannot be used, at "
       "connector 'kafka': it names partitions of one topic, and the table "
       "may read several"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Refusal(test.options), test.message);
  }
}

// Table bids with a primary key, of connector upsert-kafka.
TableDescriptor Upserts(TableOptions options, std::vector<std::string> key) {
  options.insert({{"connector", "upsert-kafka"}, {"format", "-"},
                  {"key.format", "raw"}, {"value.format", "json"}});
  TableDescriptor table = Table(options);
  table.primary_key = std::move(key);
  return table;
}

TEST(KafkaSettingsTest, OfUpsertsThePrimaryKeyIsTheRecordsKey) {
  const auto settings = ReadKafkaSettings(Upserts({}, {"k_name"}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_TRUE(settings->upsert);
  EXPECT_THAT(settings->key_columns, ElementsAre(1));
  EXPECT_THAT(settings->value_columns, ElementsAre(0, 1));
  EXPECT_EQ(settings->start.kind, OffsetMode::Kind::kEarliest);
  EXPECT_EQ(settings->buffer_rows, 0);
}

TEST(KafkaSettingsTest, UpsertsMayBeKeptBack) {
  const auto settings =
      ReadKafkaSettings(Upserts({{"sink.buffer-flush.max-rows", "100"},
                                 {"sink.buffer-flush.interval", "1 s"}},
                                {"id"}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->buffer_rows, 100);
  EXPECT_EQ(settings->buffer_interval, absl::Seconds(1));
}

TEST(KafkaSettingsTest, SaysWhatUpsertsCannotHave) {
  const auto refusal = [](const TableOptions& options,
                          std::vector<std::string> key) {
    return std::string(ReadKafkaSettings(Upserts(options, std::move(key)))
                           .status()
                           .message());
  };
  EXPECT_THAT(refusal({}, {}), testing::HasSubstr("SQL-0317"));
  EXPECT_THAT(refusal({}, {"ts"}), testing::HasSubstr("'PRIMARY KEY'"));
  EXPECT_THAT(refusal({{"key.format", "-"}}, {"id"}),
              testing::HasSubstr("'key.format'"));
  EXPECT_THAT(refusal({{"key.fields", "id"}}, {"id"}),
              testing::HasSubstr("'key.fields'"));
  EXPECT_THAT(refusal({{"scan.startup.mode", "latest-offset"}}, {"id"}),
              testing::HasSubstr("earliest-offset"));
  EXPECT_THAT(refusal({{"sink.buffer-flush.max-rows", "100"}}, {"id"}),
              testing::HasSubstr("sink.buffer-flush.interval"));
}

TEST(KafkaSettingsTest, ASinkDeliversExactlyOnceUnlessToldOtherwise) {
  KafkaSettings settings = *ReadKafkaSettings(Table({}));
  EXPECT_EQ(settings.guarantee, Guarantee::kExactlyOnce);
  EXPECT_EQ(settings.transactional_id_prefix, "");
  EXPECT_EQ(settings.on_marker_loss, OnMarkerLoss::kStop);
  EXPECT_EQ(settings.transaction_timeout, absl::Seconds(60));
  EXPECT_EQ(settings.max_pending_bytes, 1 << 30);
  settings = *ReadKafkaSettings(
      Table({{"sink.delivery-guarantee", "at-least-once"},
             {"sink.transactional-id-prefix", "p"},
             {"sink.on-marker-loss", "skip"},
             {"sink.max-pending", "1 mb"},
             {"properties.transaction.timeout.ms", "10000"}}));
  EXPECT_EQ(settings.guarantee, Guarantee::kAtLeastOnce);
  EXPECT_EQ(settings.transactional_id_prefix, "p");
  EXPECT_EQ(settings.on_marker_loss, OnMarkerLoss::kSkip);
  EXPECT_EQ(settings.max_pending_bytes, 1 << 20);
  EXPECT_EQ(settings.transaction_timeout, absl::Seconds(10));
}

}  // namespace
}  // namespace millrace::kafka
