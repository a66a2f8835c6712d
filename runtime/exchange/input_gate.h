#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/exchange/barrier_aligner.h"
#include "runtime/exchange/ring.h"
#include "runtime/exchange/stream_event.h"
#include "runtime/exchange/watermark_merger.h"

namespace millrace {

// The reading end of a subtask: its channels, read in turn, their watermarks
// merged and their barriers aligned into one stream of events.
//
// A batch names the input it came on; every other event speaks for all
// channels. The end of the input comes once, when every channel has ended,
// with kMaxWatermark before it. Owned by one worker.
class InputGate {
 public:
  struct Channel {
    Ring* ring;     // Outlives the gate.
    int input = 0;  // Of the operator that reads here.
  };
  struct Received {
    int input = 0;  // Where `event` is a Batch.
    StreamEvent event;
  };

  explicit InputGate(std::vector<Channel> channels);

  // The next event that concerns the subtask; nullopt when every channel that
  // may be read is empty, and after the end of the input.
  std::optional<Received> Next();

  int64_t watermark_ms() const { return merger_.merged(); }
  // Which channel the merged watermark waits for, for status.
  std::optional<int> WatermarkHolder() const { return merger_.Holder(); }

 private:
  // Takes in one channel's event; what follows from it goes to ready_.
  void Handle(int channel, StreamEvent event);
  void Finish(int channel);
  void Pass(const WatermarkMerger::Outcome& outcome);
  void Pass(const BarrierAligner::Actions& actions);

  const std::vector<Channel> channels_;
  WatermarkMerger merger_;
  BarrierAligner aligner_;
  std::vector<bool> ended_;
  int open_channels_;
  int next_ = 0;
  // Events that one channel's event led to, in order; first not yet given out
  // is at ready_begin_. At most three: watermark, idleness, barrier or end.
  std::vector<StreamEvent> ready_;
  size_t ready_begin_ = 0;
};

}  // namespace millrace
