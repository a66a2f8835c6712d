#pragma once

#include <cstdint>

#include "runtime/base/strong_int.h"
#include "runtime/batch/batch.h"

namespace millrace {

// One event of the stream that a source subtask gives out, or why there is
// none.
struct SourceStep {
  enum class Kind {
    kBatch,      // `batch`
    kWatermark,  // `watermark_ms`
    kIdle,       // every split is idle
    kActive,     // not any more
    kBarrier,    // `checkpoint`; the source is as it is to be stored
    kMarker,     // `read_micros`: of the rows before it, see LatencyMarkerEvent
    kNothing,    // come again at NextPollNanos, or when woken
    kEnd         // after kMaxWatermark; said once, barriers may follow
  };
  Kind kind = Kind::kNothing;
  Batch batch;
  int64_t watermark_ms = 0;
  CheckpointId checkpoint = {};
  int64_t triggered_micros = 0;  // Of the barrier.
  int64_t read_micros = 0;
};

}  // namespace millrace
