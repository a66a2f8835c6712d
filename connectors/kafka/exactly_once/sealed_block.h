#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace::kafka {

// A record that waits to be sent. Views are borrowed.
struct OutputRecord {
  // As Java's producer does: by the key's hash, anywhere without a key.
  static constexpr int32_t kByKey = -1;

  uint16_t topic = 0;  // Place in SealedEpoch::topics.
  // The partition, modulo how many there are when it is sent; kByKey.
  int32_t partition = kByKey;
  int64_t timestamp_ms = 0;  // 0 = when it is sent.
  std::optional<absl::string_view> key;
  std::optional<absl::string_view> value;  // None: a tombstone.
  // As in the drawing below, without the count; empty: none.
  uint16_t header_count = 0;
  absl::string_view headers;
};

// Records as bytes that notice every damage: blocks of about kBlockBytes.
//
//   bytes          block
//       4          length of the body, little endian as all that follows
//       8          XXH3-64 of the body
//       .          body: records, one after the other
//
//   bytes          record
//       2          topic
//       4          partition, -1 = by the key
//       8          timestamp, ms since 1970; 0 = when it is sent
//       4          length of the key plus 1; 0 = none
//       4          length of the value plus 1; 0 = none
//       2          number of headers
//       4          length of the headers, which are each
//                    2 length of the name, name,
//                    4 length of the value plus 1 (0 = none), value
//       .          key, value, headers
class BlockWriter {
 public:
  // One checksum for so much, and what a damaged one takes with it.
  static constexpr size_t kBlockBytes = 256 << 10;

  // Blocks that are full go to the end of `out`.
  void Append(const OutputRecord& record, std::string& out);
  // So does what is left.
  void Flush(std::string& out);

  // Of records that are not in any block yet.
  size_t buffered_bytes() const { return body_.size(); }

 private:
  std::string body_;
};

// Gives the records of blocks back, in order.
class BlockReader {
 public:
  // `blocks` outlives this and what it returns.
  explicit BlockReader(absl::string_view blocks) : rest_(blocks) {}

  // nullopt: that was the last one. kDataLoss: a block is damaged or cut off;
  // every record returned so far was whole.
  absl::StatusOr<std::optional<OutputRecord>> Next();

 private:
  absl::Status NextBlock();

  absl::string_view rest_;  // Behind the block that is being read.
  absl::string_view body_;  // What is left of that.
};

// Whether every block of `blocks` is whole, and that it has `records` records.
absl::Status CheckBlocks(absl::string_view blocks, int64_t records);

}  // namespace millrace::kafka
