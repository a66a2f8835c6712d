#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/batch.h"
#include "runtime/batch/chunk.h"
#include "runtime/connector/options.h"
#include "runtime/connector/source.h"

namespace millrace {

// One record as bytes inside a chunk, with its place for messages.
struct RawRecord {
  const char* data = nullptr;
  uint32_t size_bytes = 0;
};

// Turns records into the columns a query asked for, straight into a batch
// under construction. Owned by one reader; not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Decodes `records`, all inside `chunk` with Chunk::kPadding readable bytes
  // behind each, and appends rows until all are done or the batch has
  // kMaxBatchRows. Returns how many records were consumed (a record may give
  // no row, or several of one batch). Strings become views into `chunk`. What
  // cannot be decoded is added to `rejected` as (index into records, error)
  // and gives no row; Flink's ignore-parse-errors options are the decoder's.
  struct Rejection {
    uint32_t record;
    absl::Status error;
  };
  virtual uint32_t Decode(const std::vector<RawRecord>& records,
                          const ChunkRef& chunk,
                          std::vector<Rejection>& rejected) = 0;

  // Which record (index in the last Decode calls since TakeBatch, counted
  // through) each row of the batch came from; for metadata columns.
  virtual const std::vector<uint32_t>& row_records() const = 0;

  uint32_t row_count() const {
    return static_cast<uint32_t>(row_records().size());
  }

  // The rows decoded since the last call; row kinds only for changelog
  // formats. The decoder starts the next batch.
  virtual Batch TakeBatch() = 0;
};

// Turns rows into records: one byte string a row. Not thread-safe.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // Bytes that start a file (a CSV header); usually empty.
  virtual std::string FileHeader() const { return ""; }

  // Appends the selected rows of `batch` to `out`, and to `ends` the end
  // offset in `out` of each. No separator is added between them.
  virtual absl::Status Encode(const Batch& batch, std::string& out,
                              std::vector<uint32_t>& ends) = 0;
};

// What a format is asked to do for one table.
struct FormatRequest {
  // The table's format columns in the order of their fields in a record.
  std::vector<TableColumn> columns;
  // Options with the format's prefix taken off ("ignore-parse-errors").
  TableOptions options;
  absl::TimeZone local_time_zone = absl::UTCTimeZone();
};

// A format by name: "json", "csv", "raw".
class Format {
 public:
  virtual ~Format() = default;

  virtual const std::vector<OptionSpec>& options() const = 0;
  // Changes that decoded rows may carry, and that can be encoded.
  virtual ChangelogMode changelog_mode() const {
    return ChangelogMode::kAppend;
  }
  // Records are told apart in a file by '\n'. Where this is not 0, a '\n'
  // between two of these characters is part of its record, and so a file
  // cannot be read in ranges.
  virtual char QuoteCharacter(const TableOptions& /*options*/) const {
    return 0;
  }
  virtual absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest& request, const SourceRequest& wanted) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest& request) const = 0;
};

}  // namespace millrace
