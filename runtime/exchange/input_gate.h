#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/exchange/barrier_aligner.h"
#include "runtime/exchange/flow_counters.h"
#include "runtime/exchange/ring.h"
#include "runtime/exchange/stream_event.h"
#include "runtime/exchange/watermark_merger.h"

namespace millrace {

// The reading end of a subtask: its channels, read in turn, their watermarks
// merged and their barriers aligned into one stream of events.
//
// A batch names the input it came on; every other event speaks for all
// channels. The end of the input comes once, when every channel has ended,
// with kMaxWatermark before it; barriers come afterwards too. The first event
// of a restored gate is the watermark that it goes on from, so that operators
// behind it know what is late before the first row. Owned by one worker.
class InputGate {
 public:
  struct Channel {
    Ring* ring;     // Outlives the gate.
    int input = 0;  // Of the operator that reads here.
    bool is_remote = false;  // It comes from another process.
  };
  struct Received {
    int input = 0;  // Where `event` is a Batch.
    StreamEvent event;
  };

  struct Options {
    // What watermark_ms() was at the snapshot.
    int64_t restored_watermark_ms = kMinWatermark;
    // Gets how long the last alignment took, by `clock`; null: not measured.
    Gauge* alignment_nanos = nullptr;
    // Gets how long the last checkpoint's first barrier was on its way here.
    Gauge* start_delay_nanos = nullptr;
    const Clock* clock = nullptr;
    // Count the batches taken in, from this process and from others.
    FlowCounters local = {};
    FlowCounters remote = {};
  };

  explicit InputGate(std::vector<Channel> channels)
      : InputGate(std::move(channels), Options()) {}
  InputGate(std::vector<Channel> channels, const Options& options);

  // The next event that concerns the subtask; nullopt when every channel that
  // may be read is empty. Errors come from failpoints alone.
  absl::StatusOr<std::optional<Received>> Next();

  // The coordinator gave the checkpoint up: its barriers hold up no channel.
  void OnAbort(CheckpointId checkpoint) { aligner_.OnAbort(checkpoint); }

  int64_t watermark_ms() const { return merger_.merged(); }
  // Which channel the merged watermark waits for, for status.
  std::optional<int> WatermarkHolder() const { return merger_.Holder(); }

 private:
  // The channel's next event.
  std::optional<StreamEvent> Take(const Channel& channel);
  // Takes in one channel's event; what follows from it goes to ready_.
  absl::Status Handle(int channel, StreamEvent event);
  absl::Status TakeBarrier(int channel, const BarrierEvent& barrier);
  void Finish(int channel);
  void Pass(const WatermarkMerger::Outcome& outcome);

  const std::vector<Channel> channels_;
  const Options options_;
  WatermarkMerger merger_;
  BarrierAligner aligner_;
  int open_channels_;  // Those that have not ended.
  int64_t aligning_since_nanos_ = 0;
  int next_ = 0;
  // Events that one channel's event led to, in order; first not yet given out
  // is at ready_begin_. At most three: watermark, idleness, one of the others.
  std::vector<StreamEvent> ready_;
  size_t ready_begin_ = 0;
};

}  // namespace millrace
