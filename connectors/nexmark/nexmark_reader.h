#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/nexmark/event_fields.h"
#include "connectors/nexmark/nexmark_options.h"
#include "runtime/base/clock.h"
#include "runtime/connector/source.h"

namespace millrace::nexmark {

// Makes the events of one or more splits, a block at a time.
//
// Split k of n has the blocks k, k + n, k + 2n, ... of kBlockEvents events
// each, so that all splits stay near one another in event time and the union
// does not depend on n. A position is "<next event>,<base time in ms>".
class NexmarkReader final : public SplitReader {
 public:
  static constexpr int64_t kBlockEvents = 2048;

  // A requested column: the event type, a field, or a whole ROW.
  struct Column {
    std::optional<EventKind> kind;       // None: event_type.
    const EventField* field = nullptr;   // None: the whole row.
    LogicalType type;
  };

  NexmarkReader(const SourceOptions& options, std::vector<Column> columns,
                const Clock* clock);

  absl::Status AddSplit(const Split& split) override;
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::vector<Split> Snapshot() const override;

 private:
  struct OpenSplit {
    std::string id;
    int64_t split_count;
    int64_t next_event;
    int64_t base_time_ms;
    // Wall time at which event 0 was due, for a limited rate.
    double start_ms;
    bool ended = false;
  };

  // The first event after `number` that is this split's.
  int64_t NextOf(const OpenSplit& split, int64_t number) const;
  // Events from `from` on that may be emitted now, at most `limit`; 0 with
  // `wait` set when none is due yet.
  int64_t DueEvents(const OpenSplit& split, int64_t limit,
                    absl::Duration& wait) const;
  Batch Make(const OpenSplit& split, int64_t count);

  const SourceOptions options_;
  const std::vector<Column> columns_;
  const Clock* const clock_;
  const EventText text_;
  std::vector<OpenSplit> splits_;
  size_t turn_ = 0;
  std::vector<EventId> ids_;
  std::vector<EventKind> kinds_;
};

}  // namespace millrace::nexmark
