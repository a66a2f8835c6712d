#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "state/run_file.h"

namespace millrace {

// Walks the entries of one state of one run, a key group at a time, in the
// order of their keys. Reads a few groups ahead at once. Not thread-safe.
class RunCursor {
 public:
  // The run, and its state, outlive the cursor, which gives groups below
  // `limit`.
  RunCursor(const RunFile* run, const RunFile::State* state, KeyGroup limit);

  // Goes to the first entry of `group`, if it has one. REQUIRES: groups
  // ascend.
  absl::Status Open(KeyGroup group);

  // The entry at hand, whose bytes are borrowed until Open; null: the group is
  // over.
  const RunEntry* entry() const { return has_entry_ ? &entry_ : nullptr; }
  // kDataLoss when the group does not hold what the index says.
  absl::Status Next() {
    if (left_ == 0 || !TakeRunEntry(rest_, &entry_)) return EndGroup();
    --left_;
    has_entry_ = true;
    if (entry_.key.size() < 8) {
      key_start_ = StartOfShort(entry_.key);
    } else {
      std::memcpy(&key_start_, entry_.key.data(), 8);
      key_start_ = __builtin_bswap64(key_start_);
    }
    return absl::OkStatus();
  }
  // Whether the entry at hand comes before that of `other`; both have one.
  bool IsBefore(const RunCursor& other) const {
    return key_start_ != other.key_start_ ? key_start_ < other.key_start_
                                          : entry_.key < other.entry_.key;
  }

 private:
  // Keeps a restore's memory small, and its requests large.
  static constexpr int64_t kFetchBytes = 4 << 20;

  absl::Status Fetch(size_t first);
  absl::Status EndGroup();
  static uint64_t StartOfShort(absl::string_view key);

  const RunFile* run_;
  const RunFile::State* state_;
  size_t limit_ = 0;  // Of state_->groups.
  size_t next_ = 0;   // The first group that was not opened.
  size_t fetched_first_ = 0;
  std::unique_ptr<RunFile::Groups> fetched_;  // From fetched_first_ on.

  absl::string_view rest_;
  uint32_t left_ = 0;  // Entries behind the one at hand.
  bool has_entry_ = false;
  RunEntry entry_;
  uint64_t key_start_ = 0;  // Eight bytes of its key, as a number that sorts.
};

}  // namespace millrace
