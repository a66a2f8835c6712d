#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/encoded_records.h"
#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/connector_registry.h"

namespace millrace::kafka {

// Turns the rows that a sink is given into records: value, key, timestamp. Of a
// table of upserts -D and -U become records without a value. Owned by one
// writer.
class RecordEncoder {
 public:
  static absl::StatusOr<std::unique_ptr<RecordEncoder>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const ConnectorRegistry& registry, absl::TimeZone local_time_zone);

  // Replaces what `records` held. Columns as Writer::Write gets them.
  absl::Status Encode(const Batch& batch, EncodedRecords& records);

 private:
  RecordEncoder(bool upserts, absl::TimeZone zone)
      : upserts_(upserts), zone_(zone) {}

  absl::Status EncodeValues(const Batch& batch, EncodedRecords& records);
  void CollectTimes(const Batch& batch, EncodedRecords& records) const;

  const bool upserts_;
  const absl::TimeZone zone_;
  std::unique_ptr<Encoder> value_;
  std::unique_ptr<Encoder> key_;  // Null: records have no key.
  // Places among the persisted columns.
  std::vector<int> value_columns_;
  std::vector<int> key_columns_;
  std::optional<int> timestamp_column_;
  bool timestamp_is_local_ = false;
};

}  // namespace millrace::kafka
