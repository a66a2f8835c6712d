#pragma once

#include <optional>
#include <vector>

#include "connectors/nexmark/event_fields.h"
#include "connectors/nexmark/nexmark_options.h"
#include "runtime/connector/generator_connector.h"

namespace millrace::nexmark {

// Which numbers the readers of a table make events of, and when.
NumberedSplits::Options SplitOptions(const SourceOptions& options);

// Makes events of their numbers. Owned by one reader.
class EventGenerator final : public RowGenerator {
 public:
  // A requested column: the event type, a field, or a whole ROW.
  struct Column {
    std::optional<EventKind> kind;      // None: event_type.
    const EventField* field = nullptr;  // None: the whole row.
    LogicalType type;
  };

  EventGenerator(const ModelOptions& options, std::vector<Column> columns);

  Batch Make(const NumberedSplits::Run& run) override;

 private:
  const ModelOptions options_;
  const std::vector<Column> columns_;
  const EventText text_;
  std::vector<EventId> ids_;
  std::vector<EventKind> kinds_;
};

}  // namespace millrace::nexmark
