#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/batch/batch.h"
#include "runtime/connector/table.h"
#include "runtime/expr/expression.h"

namespace millrace {

// A piece of a source that one reader reads from front to back: a byte range
// of a file, a partition of a topic, a range of a generator's numbers.
//
// `id` is stable across restarts. `position` says where reading continues and
// is opaque to all but the connector; it goes into checkpoints.
struct Split {
  std::string id;
  std::string position;

  friend bool operator==(const Split&, const Split&) = default;
};

// Decides which splits there are and which subtask reads each: a state machine
// on the JobManager. The caller does the listing and asking that the actions
// name, through a SplitDiscovery, and posts the outcome back.
class SplitEnumerator {
 public:
  struct Assignment {
    int subtask;
    Split split;
  };
  struct Actions {
    std::vector<Assignment> assign;
    // No split will come any more: readers end when theirs are read.
    bool no_more_splits = false;
    // What is not assigned yet may be older than what is being read: until an
    // action says otherwise no reader's watermark rises, and nothing is late.
    bool hold_watermark = false;
    // When to call SplitDiscovery::Discover next; InfiniteDuration = never.
    absl::Duration discover_after = absl::InfiniteDuration();
  };

  virtual ~SplitEnumerator() = default;

  // What a discovery found; splits seen before are ignored.
  virtual Actions OnDiscovered(std::vector<Split> splits) = 0;
  // A reader has nothing left to read and asks for more.
  virtual Actions OnRequest(int subtask) = 0;
  // Splits of a failed or rescaled reader come back.
  virtual Actions OnReturned(std::vector<Split> splits) = 0;

  virtual std::string Snapshot() const = 0;
  virtual absl::Status Restore(absl::string_view snapshot) = 0;
};

// The I/O of an enumerator: lists files, asks the broker. Runs on a background
// thread; one call at a time.
class SplitDiscovery {
 public:
  virtual ~SplitDiscovery() = default;
  virtual absl::StatusOr<std::vector<Split>> Discover() = 0;
};

// Where a row of a source came from, for quarantine and messages:
// "topic bids, partition 3, offset 42" or "bids.json, byte 1234".
struct Origin {
  std::string text;
  std::string raw;  // The record's bytes as they were received.
  // The same place in parts, where there are any.
  std::string source = {};  // A file's path, a topic.
  std::optional<int32_t> partition = {};
  std::optional<int64_t> position = {};  // A byte, an offset.
};

// A record that could not be decoded, on its way to quarantine; or a row on
// which an expression failed.
struct RejectedRecord {
  Origin origin;
  absl::Status error;  // Code SRC-xxxx, of a row EXP-xxxx.
  // Of a row: what failed, "q = (a / b)". Then origin.raw is the row as JSON
  // and nothing else of `origin` is set.
  std::string expression = {};
};

// What one Poll brought.
struct Poll {
  enum class State {
    kRows,       // `batch` holds rows; there may be more at once
    kNothing,    // nothing now; call again after `retry_after` or a wake-up
    kEndOfSplit  // `batch` holds the last rows of `split`, maybe none
  };
  State state = State::kNothing;
  // Columns as SourceRequest::columns asks, in that order.
  Batch batch;
  // Index into the reader's open splits that every row of `batch` is of.
  int split = 0;
  absl::Duration retry_after = absl::Milliseconds(10);
  std::vector<RejectedRecord> rejected;
  // Of rows whose event time lies beyond this, SplitReader::CheckEventTime
  // decides. For event times in UTC; local ones may be further ahead by the
  // widest offset of a time zone.
  int64_t event_time_limit_ms = INT64_MAX;
  // Input bytes and records that this poll consumed, decoded or not.
  int64_t bytes = 0;
  int64_t records = 0;
};

// Reads and decodes the splits assigned to one source subtask.
//
// Called by the subtask's worker, never blocks: what must wait goes to the
// BackgroundPool or to a library's own threads, and `retry_after` or the
// context's wake-up says when to come again. One Poll serves one split, so
// that each split has a watermark of its own; fair between splits.
class SplitReader {
 public:
  virtual ~SplitReader() = default;

  // The split is at index `open splits so far`; indexes are never reused.
  virtual absl::Status AddSplit(const Split& split) = 0;

  // At most `max_rows` rows (<= kMaxBatchRows) and about 256 KiB. Errors end
  // the attempt: kUnavailable is tried again by restarting it.
  virtual absl::StatusOr<Poll> Next(uint32_t max_rows) = 0;

  // Row `row` of the batch of the last Next has an event time beyond that
  // poll's limit: what to quarantine instead of the row, or nullopt to keep it.
  // `latest_ms`, at or before `event_time_ms`, is the time compared: where the
  // event time is local, less the widest offset.
  virtual std::optional<RejectedRecord> CheckEventTime(
      uint32_t /*row*/, int64_t /*latest_ms*/) {
    return std::nullopt;
  }

  // The position behind the last row handed out, of every open split.
  virtual std::vector<Split> Snapshot() const = 0;

  // A checkpoint with these positions completed; for the users' tools.
  virtual void OnCheckpointComplete(const std::vector<Split>& /*positions*/) {}
};

// What the planner asks of a source: only what the query needs.
struct SourceRequest {
  // One leaf or whole column to decode: a path of field indexes from the
  // table's columns down through ROWs. {2, 0} is field 0 of column 2.
  struct Column {
    std::vector<int> path;
    LogicalType type;  // Nullable where any step of the path is.

    friend bool operator==(const Column&, const Column&) = default;
  };
  std::vector<Column> columns;

  // Rows for which this is not TRUE may be left out: it reads `columns`. A
  // decoder uses it, or the part it can, to skip the rest of a record early;
  // whoever asked filters again.
  std::vector<Expr> filter;  // A conjunction; empty = every row.

  friend bool operator==(const SourceRequest&, const SourceRequest&) = default;
};

}  // namespace millrace
