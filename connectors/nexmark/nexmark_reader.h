#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/nexmark/event_fields.h"
#include "connectors/nexmark/nexmark_options.h"
#include "runtime/base/clock.h"
#include "runtime/connector/numbered_splits.h"
#include "runtime/connector/source.h"

namespace millrace::nexmark {

// Makes the events of one or more splits of numbers. Owned by one source
// subtask.
class NexmarkReader final : public SplitReader {
 public:
  // A requested column: the event type, a field, or a whole ROW.
  struct Column {
    std::optional<EventKind> kind;      // None: event_type.
    const EventField* field = nullptr;  // None: the whole row.
    LogicalType type;
  };

  NexmarkReader(const SourceOptions& options, std::vector<Column> columns,
                const Clock* clock);

  absl::Status AddSplit(const Split& split) override {
    return splits_.Add(split);
  }
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::vector<Split> Snapshot() const override { return splits_.Snapshot(); }

 private:
  Batch Make(const NumberedSplits::Run& run);

  const SourceOptions options_;
  const std::vector<Column> columns_;
  const EventText text_;
  NumberedSplits splits_;
  std::vector<EventId> ids_;
  std::vector<EventKind> kinds_;
};

}  // namespace millrace::nexmark
