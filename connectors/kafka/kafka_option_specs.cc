#include "connectors/kafka/kafka_settings.h"

namespace millrace::kafka {

const std::vector<OptionSpec>& KafkaOptionSpecs() {
  static const auto* const specs = new std::vector<OptionSpec>{
      {"connector", "kafka", true, "'kafka'."},
      {"topic", std::nullopt, false,
       "Topic, or topics separated by ';' for a source."},
      {"topic-pattern", std::nullopt, false,
       "Regular expression of the topics to read, in place of 'topic'."},
      {"properties.", std::nullopt, false,
       "properties.bootstrap.servers and any property of Kafka's clients.",
       true},
      {"format", std::nullopt, false, "Format of the value: json, csv, raw."},
      {"value.format", std::nullopt, false, "The same as 'format'."},
      {"key.format", std::nullopt, false, "Format of the key."},
      {"key.fields", std::nullopt, false, "Columns of the key, by ';'."},
      {"key.fields-prefix", "", false,
       "What the names of key columns begin with here and not in the key."},
      {"value.fields-include", "ALL", false,
       "ALL columns in the value, or EXCEPT_KEY."},
      {"scan.startup.mode", "group-offsets", false,
       "group-offsets, earliest-offset, latest-offset, timestamp, "
       "specific-offsets."},
      {"scan.startup.timestamp-millis", std::nullopt, false,
       "Start at the first record of this time, in ms since 1970."},
      {"scan.startup.specific-offsets", std::nullopt, false,
       "'partition:0,offset:42;partition:1,offset:300'."},
      {"scan.bounded.mode", "unbounded", false,
       "unbounded, latest-offset, group-offsets, timestamp, "
       "specific-offsets."},
      {"scan.bounded.timestamp-millis", std::nullopt, false,
       "End before the first record of this time."},
      {"scan.bounded.specific-offsets", std::nullopt, false,
       "End before these offsets."},
      {"scan.topic-partition-discovery.interval", "5 min", false,
       "How often new partitions are looked for; 0 = never."},
      {"scan.parallelism", std::nullopt, false, "Parallelism of the source."},
      {"scan.max-future-skew", "10 min", false,
       "Rows whose event time lies further ahead of the record's own "
       "timestamp are quarantined; 0 = off."},
      {"scan.dead-letters", std::nullopt, false,
       "Set by dlq replay: a file of dead letters, read in the topic's "
       "place."},
      {"sink.partitioner", "default", false,
       "default (Kafka's own), fixed, round-robin."},
      {"sink.delivery-guarantee", "exactly-once", false,
       "exactly-once, at-least-once or none."},
      {"sink.transactional-id-prefix", std::nullopt, false,
       "What the sink's transactional ids begin with; the topic's name."},
      {"sink.transaction-naming-strategy", std::nullopt, false,
       "Without effect: each writer has one transactional id."},
      {"sink.on-marker-loss", "stop", false,
       "stop, replay or skip what waits when Kafka has lost how far the output "
       "came."},
      {"sink.max-pending", "1 gb", false,
       "Most unsent output of one subtask; beyond it the sink takes no more "
       "rows."},
      {"sink.parallelism", std::nullopt, false, "Parallelism of the sink."},
      {"json.", std::nullopt, false, "Options of the format.", true},
      {"csv.", std::nullopt, false, "Options of the format.", true},
      {"raw.", std::nullopt, false, "Options of the format.", true},
      {"debezium-json.", std::nullopt, false, "Options of the format.", true},
      {"value.", std::nullopt, false, "Options of the value's format.", true},
      {"key.", std::nullopt, false, "Options of the key's format.", true},
      {"error-handling.mode", std::nullopt, false,
       "What happens to records that cannot be read."},
      {"error-handling.log.target", std::nullopt, false,
       "The table that they are put into."},
  };
  return *specs;
}

}  // namespace millrace::kafka
