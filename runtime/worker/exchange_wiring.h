#pragma once

#include <memory>
#include <vector>

#include "runtime/base/waker.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/plan/chain_plan.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/exchange_output.h"
#include "runtime/worker/subtask_environment.h"

namespace millrace {

// The rings between the chains of one plan, made at once, and the ends of them
// that the subtasks here get. Where a subtask is in another process, the ring
// is one of the environment's RemoteChannels.
class ExchangeWiring {
 public:
  // Of the environment: placement, workers, remote, clock. It and the plan
  // outlive the wiring.
  ExchangeWiring(const JobPlan& plan, const std::vector<PlannedChain>& chains,
                 const SubtaskEnvironment& environment);

  // Both are asked for subtasks that are here. Channels into the chain's first
  // vertex; none when it reads nothing.
  std::vector<InputGate::Channel> InputsOf(const PlannedChain& chain,
                                           int subtask) const;
  // One output for each edge out of the chain's last vertex.
  std::vector<std::unique_ptr<ExchangeOutput>> OutputsOf(
      const PlannedChain& chain, int subtask,
      const FlowCounters& counters) const;

  // Whoever runs the subtasks keeps them.
  std::vector<std::unique_ptr<Ring>> TakeRings() { return std::move(rings_); }

 private:
  // The rings of one edge between chains, null where nothing flows or neither
  // end is here.
  struct Exchange {
    const Edge* edge;
    int senders;
    int receivers;
    std::vector<Ring*> rings;  // [sender * receivers + receiver]
  };

  void Connect(int32_t edge);
  Ring* RingOf(const ChannelName& channel);
  Waker* WakerOf(int subtask) const;
  Partitioner PartitionerOf(const Exchange& exchange, int subtask) const;

  const JobPlan& plan_;
  const SubtaskEnvironment& environment_;
  std::vector<Exchange> exchanges_;
  std::vector<std::unique_ptr<Ring>> rings_;
};

}  // namespace millrace
