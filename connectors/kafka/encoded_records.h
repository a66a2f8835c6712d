#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace::kafka {

// The rows of a batch as records: value, key and time of each, one after the
// other. Made once and used again.
class EncodedRecords {
 public:
  size_t size() const { return value_ends_.size(); }
  // Of their values and keys.
  int64_t size_bytes() const {
    return static_cast<int64_t>(values_.size() + keys_.size());
  }

  // Without a value the record takes its key's row away.
  bool is_tombstone(size_t i) const {
    return !tombstones_.empty() && tombstones_[i] != 0;
  }
  // Of a tombstone, empty.
  absl::string_view value(size_t i) const {
    return Slice(values_, value_ends_, i);
  }
  bool has_keys() const { return !key_ends_.empty(); }
  absl::string_view key(size_t i) const { return Slice(keys_, key_ends_, i); }
  // ms since 1970; 0 = when it is sent.
  bool has_timestamps() const { return !timestamps_ms_.empty(); }
  int64_t timestamp_ms(size_t i) const {
    return timestamps_ms_.empty() ? 0 : timestamps_ms_[i];
  }

  void Clear() {
    values_.clear();
    keys_.clear();
    value_ends_.clear();
    key_ends_.clear();
    timestamps_ms_.clear();
    tombstones_.clear();
  }
  // Only where every record was appended so. No value: a tombstone.
  void Append(absl::string_view key, std::optional<absl::string_view> value,
              int64_t timestamp_ms) {
    keys_.append(key.data(), key.size());
    key_ends_.push_back(static_cast<uint32_t>(keys_.size()));
    if (value) values_.append(value->data(), value->size());
    value_ends_.push_back(static_cast<uint32_t>(values_.size()));
    timestamps_ms_.push_back(timestamp_ms);
    tombstones_.push_back(!value.has_value());
  }

 private:
  friend class RecordEncoder;

  static absl::string_view Slice(const std::string& bytes,
                                 const std::vector<uint32_t>& ends, size_t i) {
    const uint32_t from = i == 0 ? 0 : ends[i - 1];
    return absl::string_view(bytes).substr(from, ends[i] - from);
  }

  std::string values_;
  std::string keys_;
  std::vector<uint32_t> value_ends_;
  std::vector<uint32_t> key_ends_;      // Empty without a key.
  std::vector<int64_t> timestamps_ms_;  // Empty without that column.
  std::vector<uint8_t> tombstones_;     // Empty: all have values.
};

}  // namespace millrace::kafka
