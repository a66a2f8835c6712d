#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "runtime/connector/sink.h"

namespace millrace {

// A Writer that keeps rows it took back for a little while, at another system's
// pace, and so has something to do though no row comes.
//
// Called by the writer's worker, never blocks. Wakes that worker when
// NextTurnNanos may have become sooner.
class PacedWriter : public Writer {
 public:
  // When TakeTurn has something to do, by Clock::SteadyNanos; INT64_MAX: not
  // before the next row or wake-up.
  virtual int64_t NextTurnNanos() const = 0;
  // Goes on with what is kept. Errors end the attempt.
  virtual absl::Status TakeTurn() = 0;
};

}  // namespace millrace
