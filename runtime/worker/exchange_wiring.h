#pragma once

#include <memory>
#include <vector>

#include "runtime/base/waker.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/plan/chain_plan.h"
#include "runtime/plan/job_plan.h"
#include "runtime/worker/exchange_output.h"

namespace millrace {

// The rings between the chains of one plan, made at once, and the two ends of
// them that a subtask gets.
class ExchangeWiring {
 public:
  // Subtask i of any chain is woken by workers[i % workers.size()]. The plan
  // and the wakers outlive the wiring.
  ExchangeWiring(const JobPlan& plan, const std::vector<PlannedChain>& chains,
                 const std::vector<Waker*>& workers, const Clock* clock);

  // Channels into the chain's first vertex; none when it reads nothing.
  std::vector<InputGate::Channel> InputsOf(const PlannedChain& chain,
                                           int subtask) const;
  // One output for each edge out of the chain's last vertex.
  std::vector<std::unique_ptr<ExchangeOutput>> OutputsOf(
      const PlannedChain& chain, int subtask) const;

  // Whoever runs the subtasks keeps them.
  std::vector<std::unique_ptr<Ring>> TakeRings() { return std::move(rings_); }

 private:
  // The rings of one edge between chains, null where nothing flows.
  struct Exchange {
    const Edge* edge;
    int senders;
    int receivers;
    std::vector<Ring*> rings;  // [sender * receivers + receiver]
  };

  void Connect(const Edge& edge, const std::vector<Waker*>& workers);
  Partitioner PartitionerOf(const Exchange& exchange, int subtask) const;

  const JobPlan& plan_;
  const Clock* const clock_;
  std::vector<Exchange> exchanges_;
  std::vector<std::unique_ptr<Ring>> rings_;
};

}  // namespace millrace
