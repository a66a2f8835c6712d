#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "connectors/nexmark/event_model.h"
#include "connectors/nexmark/event_text.h"
#include "runtime/batch/vector.h"

namespace millrace::nexmark {

// Some events of one batch and what their columns are made from.
struct EventRows {
  const EventModel& model;
  const EventText& text;
  std::span<const EventId> ids;
  std::span<const EventKind> kinds;  // Of each id.
};

// One leaf of the events' row: which kind of event has it and how its column
// is filled. Rows of other kinds are set NULL.
struct EventField {
  EventKind kind;
  absl::string_view name;
  LogicalType type;
  void (*fill)(const EventRows& rows, Vector& out);
};

// The fields of person, auction and bid, in the benchmark's order.
const std::vector<EventField>& EventFields(EventKind kind);

// Column `event_type`: 0 person, 1 auction, 2 bid.
VectorRef MakeEventTypes(const EventRows& rows);

// One field as a column.
VectorRef MakeField(const EventRows& rows, const EventField& field);

// A whole ROW of the fields named in `type`, NULL for events of other kinds.
// REQUIRES: every name of `type` is a field of `kind`.
VectorRef MakeRow(const EventRows& rows, EventKind kind,
                  const LogicalType& type);

// The field of that name; null when `kind` has none.
const EventField* FindField(EventKind kind, absl::string_view name);

}  // namespace millrace::nexmark
