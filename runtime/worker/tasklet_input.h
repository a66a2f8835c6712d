#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/operators/source_command.h"
#include "state/snapshot.h"

namespace millrace {

// Where a tasklet's events come from: channels, a source, or literal rows.
// Called by the tasklet's worker only.
class TaskletInput {
 public:
  virtual ~TaskletInput() = default;

  // The next event; nullopt when there is none now. Barriers come after
  // EndOfInputEvent too, everything else before it.
  virtual absl::StatusOr<std::optional<InputGate::Received>> Next() = 0;

  // After nullopt: when there may be one, by Clock::SteadyNanos; INT64_MAX =
  // a wake-up tells.
  virtual int64_t NextPollNanos() const { return INT64_MAX; }

  // What the master says to an input that is not made of channels.
  virtual void Take(SourceCommand /*command*/) {}

  // Right after the barrier of `checkpoint` came out of Next: what a restored
  // input goes on from.
  virtual absl::Status Snapshot(CheckpointId checkpoint,
                                SnapshotWriter& writer) = 0;
  virtual void OnComplete(CheckpointId /*checkpoint*/) {}
  virtual void OnAbort(CheckpointId /*checkpoint*/) {}
};

class SourceOperator;

// Channels; their merged watermark is the list kInputWatermark of the snapshot.
inline constexpr absl::string_view kInputWatermark = "input watermark";
std::unique_ptr<TaskletInput> InputFrom(InputGate gate);
// `vertex` is the source's, for its latency markers.
std::unique_ptr<TaskletInput> InputFrom(std::unique_ptr<SourceOperator> source,
                                        VertexId vertex);
// Literal rows, then the end. `restored` is null, or has what the snapshot of
// such an input left.
absl::StatusOr<std::unique_ptr<TaskletInput>> InputFrom(
    std::vector<Batch> batches, SnapshotReader* restored = nullptr);

}  // namespace millrace
