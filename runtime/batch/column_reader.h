#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/chunk.h"
#include "runtime/batch/vector.h"

namespace millrace {

// kDataLoss.
absl::Status NoBatch(absl::string_view why);
absl::Status BatchTooShort();

// What of a received batch was not read yet.
class UnreadBytes {
 public:
  explicit UnreadBytes(absl::string_view bytes) : rest_(bytes) {}

  // False, and nothing is taken, where there are fewer.
  template <typename T>
  bool Get(T& value) {
    const char* from = Take(sizeof(T));
    if (from != nullptr) std::memcpy(&value, from, sizeof(T));
    return from != nullptr;
  }
  // Null where there are fewer.
  const char* Take(uint64_t count) {
    if (count > rest_.size()) return nullptr;
    const char* bytes = rest_.data();
    rest_.remove_prefix(count);
    return bytes;
  }
  size_t size() const { return rest_.size(); }

  // See ParseBatch.
  void Spare(size_t bytes) { spared_ += bytes; }
  size_t spared() const { return spared_; }

 private:
  absl::string_view rest_;
  size_t spared_ = 0;
};

// Reads the columns of a batch, one after the other, as batch_wire.h draws
// them. The bytes may be anything: what is allocated is bounded by how many
// there are. For one thread.
class ColumnReader {
 public:
  // Both outlive it. Strings are views into `holder`, which may be null: see
  // ParseBatch.
  ColumnReader(UnreadBytes* bytes, const ChunkRef& holder)
      : bytes_(bytes), holder_(holder) {}

  // The next one of the batch's own, of `rows` values. kDataLoss: there is
  // none.
  absl::StatusOr<VectorRef> Read(uint32_t rows, bool may_be_alike) {
    return Column({.rows = rows, .depth = 0, .may_be_alike = may_be_alike});
  }

 private:
  struct Head {
    uint8_t physical;
    uint8_t flags;
    uint16_t children;
  };
  // What is known of a column before its first byte is read.
  struct Place {
    uint32_t rows;
    int depth;
    bool in_constant = false;  // A field of a constant row.
    bool in_list = false;
    bool may_be_alike = false;
  };

  absl::StatusOr<VectorRef> Column(const Place& place);
  absl::StatusOr<Head> ReadHead(const Place& place);
  absl::Status Validity(uint32_t count, Vector& vector);
  absl::Status Values(const Head& head, const Place& place, Vector& vector);
  // Of one value, of so many bytes here, as many as there are rows.
  void SpreadOut(size_t value_bytes, uint32_t rows, Vector& vector);
  absl::Status Fixed(uint32_t count, Vector& vector);
  absl::Status NarrowIntegers(uint32_t count, Vector& vector);
  absl::Status Strings(uint32_t count, bool narrow, Vector& vector);
  // The text, of which the longest string is so long, as one that stays.
  const char* Text(uint32_t size, uint32_t longest, Vector& vector);
  absl::Status Lists(const Head& head, const Place& place, Vector& vector);

  UnreadBytes* const bytes_;
  const ChunkRef& holder_;
};

}  // namespace millrace
