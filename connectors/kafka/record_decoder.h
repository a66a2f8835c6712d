#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "connectors/kafka/fetched_record.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/key_decoder.h"
#include "connectors/kafka/payloads.h"
#include "runtime/connector/connector_registry.h"

namespace millrace::kafka {

// Turns records into the columns a query asked for: from the value, from the
// key, from metadata. Owned by one reader.
class RecordDecoder {
 public:
  static absl::StatusOr<std::unique_ptr<RecordDecoder>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const SourceRequest& request, const ConnectorRegistry& registry,
      absl::TimeZone local_time_zone);

  // Decodes records from `first` on until all are done or a batch is full;
  // returns the place of the first one not consumed. Rows go to `poll.batch`,
  // records that cannot be decoded to `poll.rejected`, each once. A record
  // without a value gives no row; one whose key cannot be decoded is rejected
  // whole. Of a table of upserts each row is +U, and a record without a value
  // -D with nothing but its key; one without a key is rejected (SRC-0309), and
  // so is one whose value is several rows (SRC-0312). A key is one row in any
  // table. REQUIRES: no more records than a batch has rows.
  size_t Decode(const std::vector<FetchedRecord>& records, size_t first,
                Poll& poll);

  // SplitReader::CheckEventTime of a row of the last Decode, whose records
  // must still be there: SRC-0308 beyond 'scan.max-future-skew'.
  std::optional<RejectedRecord> CheckEventTime(uint32_t row,
                                               int64_t latest_ms) const;

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

  RecordDecoder(const KafkaSettings& settings, absl::TimeZone zone)
      : max_future_skew_(settings.max_future_skew),
        upserts_(settings.upsert),
        zone_(zone) {}

  // Rows of `decoded` and of records [first, end) without a value, in the
  // order of the records; rows_ says whose they are.
  void AddTombstones(size_t first, size_t end, Batch& decoded);
  KeyDecoder::Keys DecodeKeys(size_t first, size_t end, Poll& poll);
  void LimitEventTimes(size_t first, size_t end, Poll& poll) const;

  // Rejects the records whose value is several rows, and notes them.
  void RejectSeveral(Poll& poll);
  // Rejects those of records [first, end) that have none, not even an empty
  // one.
  void RejectKeyless(size_t first, size_t end, Poll& poll);
  // Once, however much of it is bad.
  void Reject(size_t record, bool bad_key, absl::Status error, Poll& poll);

  const absl::Duration max_future_skew_;
  const bool upserts_;
  // The key's format passes over what it cannot read, as the table wants.
  bool ignores_bad_keys_ = false;
  const absl::TimeZone zone_;
  std::unique_ptr<Decoder> value_;
  std::unique_ptr<KeyDecoder> key_;  // Null unless a column needs it.
  std::vector<Source> sources_;

  // Of the last Decode.
  const std::vector<FetchedRecord>* records_ = nullptr;
  std::vector<uint32_t> rows_;  // Of each row, its record.
  absl::flat_hash_set<size_t> rejected_;
  // Records whose value is several rows, of upserts.
  absl::flat_hash_set<size_t> several_;
};

}  // namespace millrace::kafka
