#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "runtime/exchange/input_gate.h"

namespace millrace {

// Where a tasklet's events come from: channels, a source, or literal rows.
// Called by the tasklet's worker only.
class TaskletInput {
 public:
  virtual ~TaskletInput() = default;

  // The next event; nullopt when there is none now. After EndOfInputEvent it
  // is not called again.
  virtual absl::StatusOr<std::optional<InputGate::Received>> Next() = 0;

  // After nullopt: when there may be one, by Clock::SteadyNanos; INT64_MAX =
  // a wake-up tells.
  virtual int64_t NextPollNanos() const { return INT64_MAX; }
};

class SourceOperator;

std::unique_ptr<TaskletInput> InputFrom(InputGate gate);
std::unique_ptr<TaskletInput> InputFrom(std::unique_ptr<SourceOperator> source);
// Literal rows, then the end.
std::unique_ptr<TaskletInput> InputFrom(std::vector<Batch> batches);

}  // namespace millrace
