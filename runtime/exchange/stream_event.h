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
  // Wall time at which the checkpoint was triggered; of the JobManager's host.
  int64_t triggered_micros = 0;

  // From then until `now_micros`, of this host's wall: not exact, since it is
  // another clock, and never less than nothing. 0: it is not known when, of a
  // JobManager from before it was said. The time may be any number.
  int64_t DelayNanos(int64_t now_micros) const {
    if (triggered_micros <= 0 || triggered_micros >= now_micros) return 0;
    return (now_micros - triggered_micros) * 1000;
  }
};

// Whether the channel counts when watermarks are merged.
struct IdlenessEvent {
  bool idle;
};

// The last event of a channel.
struct EndOfInputEvent {};

// Measures how long the way to a sink is: given out by a source behind rows
// that it began to read at that wall time. Concerns no operator, and goes one
// way where the stream has several: to one receiver of each exchange.
struct LatencyMarkerEvent {
  VertexId source;
  int64_t read_micros;
};

using StreamEvent =
    std::variant<Batch, WatermarkEvent, BarrierEvent, IdlenessEvent,
                 EndOfInputEvent, LatencyMarkerEvent>;

}  // namespace millrace
