#pragma once

#include <cstdint>
#include <variant>

#include "runtime/base/strong_int.h"
#include "runtime/batch/batch.h"

namespace millrace {

// What travels through a channel, in order.

// No row with event_time <= watermark_ms follows on this channel.
struct WatermarkEvent {
  int64_t watermark_ms;
};

// Everything before it belongs to `checkpoint`, everything after to the next.
struct BarrierEvent {
  CheckpointId checkpoint;
};

// Whether the channel counts when watermarks are merged.
struct IdlenessEvent {
  bool idle;
};

// The last event of a channel.
struct EndOfInputEvent {};

// Measures how long the way to a sink is: given out by a source behind rows that
// it began to read at that wall time. Concerns no operator, and goes one way
// where the stream has several: to one receiver of each exchange.
struct LatencyMarkerEvent {
  VertexId source;
  int64_t read_micros;
};

using StreamEvent = std::variant<Batch, WatermarkEvent, BarrierEvent,
                                 IdlenessEvent, EndOfInputEvent, LatencyMarkerEvent>;

}  // namespace millrace
