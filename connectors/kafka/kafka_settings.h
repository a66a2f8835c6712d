#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "connectors/kafka/client/client_properties.h"
#include "connectors/kafka/exactly_once/epoch_sender.h"
#include "runtime/connector/table.h"

namespace millrace::kafka {

// Where reading starts or, for bounded tables, ends.
struct OffsetMode {
  enum class Kind {
    kNone,  // Bounded mode only: without end.
    kGroupOffsets,
    kEarliest,
    kLatest,
    kTimestamp,
    kSpecific,
  };
  Kind kind = Kind::kNone;
  int64_t timestamp_ms = 0;
  absl::btree_map<int32_t, int64_t> offsets;  // By partition.
};

enum class Partitioning { kDefault, kFixed, kRoundRobin };

enum class Guarantee { kExactlyOnce, kAtLeastOnce, kNone };

// The WITH options of a kafka table, read and checked.
struct KafkaSettings {
  std::vector<std::string> topics;
  std::string topic_pattern;  // Empty unless topics are found by it.
  ClientProperties properties;
  bool has_group = false;

  std::string value_format;
  TableOptions value_options;
  std::string key_format;  // Empty: records have no key of the table's.
  TableOptions key_options;
  std::string key_prefix;  // Of key columns' names here, not in the key.
  std::vector<int> key_columns;    // Places in the table's columns.
  std::vector<int> value_columns;  // Physical ones that the value holds.

  // Not empty: a file of dead letters (runtime/connector/letter_file.h) that is
  // read in the topic's place.
  std::string dead_letters;

  OffsetMode start;
  OffsetMode end;
  absl::Duration discovery_interval;
  absl::Duration max_future_skew;

  Partitioning partitioning = Partitioning::kDefault;
  Guarantee guarantee = Guarantee::kExactlyOnce;
  std::string transactional_id_prefix;  // Empty: the topic's name.
  OnMarkerLoss on_marker_loss = OnMarkerLoss::kStop;
  absl::Duration transaction_timeout = absl::Seconds(60);
  int64_t max_pending_bytes = 0;

  // 'upsert-kafka': the newest record of a key is its row, one without a value
  // takes the row away; the key's columns are the primary key.
  bool upsert = false;
  // 'sink.buffer-flush.*': changes of a key are kept back until so many rows or
  // so much time have come together; 0 rows = none is.
  int64_t buffer_rows = 0;
  absl::Duration buffer_interval;
};

inline constexpr char kUpsertConnector[] = "upsert-kafka";
// The option that `dlq replay` sets.
inline constexpr char kDeadLetters[] = "scan.dead-letters";

// In kafka_option_specs.cc and upsert_option_specs.cc.
const std::vector<OptionSpec>& KafkaOptionSpecs();
const std::vector<OptionSpec>& UpsertKafkaOptionSpecs();

// Errors are SQL-03xx, about the option or column at fault.
absl::StatusOr<KafkaSettings> ReadKafkaSettings(const TableDescriptor& table);

}  // namespace millrace::kafka
