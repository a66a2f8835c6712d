#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/connector_registry.h"

typedef struct rd_kafka_message_s rd_kafka_message_t;

namespace millrace::kafka {

// Turns messages into the columns a query asked for: from the value, from the
// key, from metadata. Owned by one reader.
class RecordDecoder {
 public:
  static absl::StatusOr<std::unique_ptr<RecordDecoder>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const SourceRequest& request, const ConnectorRegistry& registry,
      absl::TimeZone local_time_zone);

  // Decodes messages from `first` on until all are done or a batch is full;
  // returns the place of the first one not consumed. Rows go to `poll.batch`,
  // records that cannot be decoded to `poll.rejected`. A message without a
  // value gives no row.
  size_t Decode(const std::vector<rd_kafka_message_t*>& messages, size_t first,
                Poll& poll);

 private:
  // Where an output column comes from: column `index` of the value's or key's
  // rows, or metadata.
  struct Source {
    enum class From { kValue, kKey, kMetadata };
    From from;
    int index = 0;
    std::string metadata_key;
    LogicalType type;
  };

  RecordDecoder() = default;

  VectorRef KeyColumn(const Batch& keys, const Source& source,
                      const std::vector<int64_t>& key_rows,
                      const std::vector<uint32_t>& rows) const;

  std::unique_ptr<Decoder> value_;
  std::unique_ptr<Decoder> key_;  // Null unless a column needs it.
  std::vector<Source> sources_;
};

}  // namespace millrace::kafka
