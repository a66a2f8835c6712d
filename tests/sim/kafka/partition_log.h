#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::sim {

// The log of one partition as its leader has it: records of transactions that
// are open, committed or aborted, and the markers that end them.
//
// A reader of committed records sees what lies before the first record of the
// oldest open transaction (the last stable offset) and was not aborted.
class PartitionLog {
 public:
  struct Record {
    int64_t offset = 0;
    std::optional<std::string> key;
    std::optional<std::string> value;
    int64_t order = 0;  // Over all partitions, by when it was appended.
  };
  struct Fetched {
    bool is_out_of_range = false;
    std::vector<Record> records;
    int64_t next_offset = 0;  // To go on from.
  };

  // Appends a record of the producer's open transaction; its offset.
  int64_t Append(int64_t producer, std::optional<std::string> key,
                 std::optional<std::string> value, int64_t order);
  // Ends the producer's open transaction, if it has one here.
  void End(int64_t producer, bool commit);

  // Committed records from `from` on, at most `limit`; a negative `from` is the
  // beginning. `view_end`: a leader that was cut off knows no more.
  Fetched ReadCommitted(int64_t from, size_t limit,
                        int64_t view_end = INT64_MAX) const;

  // The cleaner's work, below the last stable offset: of each key the newest
  // committed record stays, what was aborted goes.
  void Compact();
  // Every committed record with that key goes, as if it had expired.
  void Lose(const std::string& key);
  // Everything below goes.
  void DeleteBefore(int64_t offset) { begin_ = std::max(begin_, offset); }

  int64_t begin() const { return begin_; }
  int64_t end() const { return next_; }
  int64_t last_stable() const;

 private:
  enum class State { kOpen, kCommitted, kAborted, kMarker };
  struct Entry {
    Record record;
    int64_t producer = 0;
    State state = State::kOpen;
  };

  std::map<int64_t, Entry> entries_;       // By offset; compaction leaves gaps.
  std::map<int64_t, int64_t> open_since_;  // Of producers.
  int64_t begin_ = 0;
  int64_t next_ = 0;
};

}  // namespace millrace::sim
