#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/exchange/flow_counters.h"
#include "runtime/exchange/partitioner.h"
#include "runtime/exchange/ring.h"
#include "runtime/operators/operator.h"

namespace millrace {

// The sending end of one edge of the plan: routes a subtask's rows to the
// channels of the receiving vertex.
//
// What a full channel refuses waits here, at most the rows of one Emit and the
// events of one step, and while anything waits there is no room. Rows that the
// partitioner still collects go out before any event, and kMaxAge after the
// first of them. Owned by one worker.
class ExchangeOutput final : public Output {
 public:
  // How long a row may wait for others on their way to a keyed operator.
  static constexpr absl::Duration kMaxAge = absl::Milliseconds(5);

  // `channels[i]` leads to receiver i; null for a receiver that no row or
  // event of this sender goes to. They outlive this. Batches are counted when
  // a channel takes them.
  ExchangeOutput(Partitioner partitioner, std::vector<Ring*> channels,
                 const Clock* clock, FlowCounters counters = {});

  bool HasRoom() const override { return waiting_.empty(); }
  absl::Status Emit(Batch batch) override;

  // Behind every row emitted so far, on every channel. May be called without
  // room: the event waits its turn.
  void Send(const StreamEvent& event);
  // To one channel after the other, behind what waits for it; what the
  // partitioner collects is left there, and follows within kMaxAge.
  void SendToOne(const LatencyMarkerEvent& marker);

  // Offers again what waits; whether nothing waits any more.
  bool Drain();

  // By Clock::SteadyNanos; INT64_MAX = nothing is being collected.
  int64_t FlushAtNanos() const { return flush_at_nanos_; }
  void Flush();

 private:
  struct Waiting {
    int receiver;
    StreamEvent event;
  };

  void Dispatch();
  void Offer(int receiver, StreamEvent event);
  bool TryOffer(int receiver, StreamEvent& event);

  Partitioner partitioner_;
  const std::vector<Ring*> channels_;
  const Clock* const clock_;
  const FlowCounters counters_;
  size_t next_marked_ = 0;  // The channel of the next latency marker.
  std::deque<Waiting> waiting_;
  int64_t flush_at_nanos_ = INT64_MAX;
  std::vector<Partitioner::Routed> routed_;  // Scratch.
};

}  // namespace millrace
