#pragma once

#include <memory>
#include <vector>

#include "connectors/filesystem/byte_stream.h"
#include "connectors/filesystem/file_split.h"
#include "runtime/base/hash_stream.h"
#include "runtime/connector/format.h"

namespace millrace {

// Cuts the bytes of a file's range into records, chunk by chunk. A record
// ends at '\n' (a '\r' before it belongs to the end too) or at the end of the
// file. Not thread-safe.
class RecordReader {
 public:
  struct Options {
    // Small enough to stay in a core's L2 between the copy out of the page
    // cache and the decoder.
    size_t chunk_bytes = 256 << 10;
    // A longer record is passed over; see oversized().
    size_t record_limit_bytes = 8 << 20;
    // A line end between two of these is part of the record; 0 = none.
    char quote = 0;
  };

  RecordReader(const FileSplit& split, std::unique_ptr<ByteStream> stream,
               const Options& options);

  // Reads the next chunk with at least one record or oversized record; false
  // at the end of the range.
  absl::StatusOr<bool> Next();

  // The complete records of the chunk, in order, with kPadding readable bytes
  // behind each.
  const std::vector<RawRecord>& records() const { return records_; }
  const ChunkRef& chunk() const { return chunk_; }
  // Where a record of this chunk begins in the file.
  int64_t OffsetOf(const RawRecord& record) const {
    return chunk_offset_ + (record.data - chunk_->data());
  }
  // Where the record behind the last of this chunk begins; of one that is being
  // passed over as too long, its begin too: it has not been told of yet.
  int64_t next_offset() const {
    return skipping_ ? skipped_.offset
                     : chunk_offset_ + static_cast<int64_t>(next_);
  }
  // Whether that is the middle of another range's record.
  bool has_no_record_yet() const { return find_record_; }

  // A record that was longer than the limit, met in the last Next: where it
  // began, its size, and its first bytes.
  struct Oversized {
    int64_t offset = 0;
    int64_t size_bytes = 0;
    uint64_t hash = 0;  // Of all of it, XXH3-64.
    std::string head;
  };
  const std::vector<Oversized>& oversized() const { return oversized_; }

 private:
  // A new chunk that begins with what was left of the last one, filled up.
  absl::Status Fill();
  // Finds the records of the chunk; what follows the last line end is left.
  void Cut();
  const char* FindLineEnd(const char* from, const char* end);
  // Passes over the rest of a record that is not wanted; false: it goes on
  // behind this chunk.
  bool SkipToLineEnd(const char* end);
  void AddRecord(const char* line_end);
  // Of the record that is being passed over: its next bytes, and its end.
  void Skip(absl::string_view bytes);
  void EndSkipped();

  const Options options_;
  const int64_t limit_;
  std::unique_ptr<ByteStream> stream_;

  ChunkRef chunk_;
  char* data_ = nullptr;      // Of chunk_.
  int64_t chunk_offset_ = 0;  // Of data_[0] in the file.
  size_t filled_ = 0;
  size_t next_ = 0;  // Where the next record begins in the chunk.
  // No line end lies between next_ and here.
  size_t searched_ = 0;
  bool in_quotes_ = false;  // At searched_.
  bool find_record_;        // Drop everything up to the first line end.
  bool skipping_ = false;   // Inside skipped_, which is too long.
  bool at_end_ = false;     // Of the file.
  bool ended_ = false;      // Of the range.
  Oversized skipped_;
  HashStream skipped_hash_;
  std::vector<RawRecord> records_;
  std::vector<Oversized> oversized_;
};

}  // namespace millrace
