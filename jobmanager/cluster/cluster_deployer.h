#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "jobmanager/deployer.h"

namespace millrace {

// A job's way to the TaskManagers: hands everything that its master wants to
// the loop that has the conversations with them, in order. There an
// AttemptDeployment carries it out, and the listener hears of it on that loop.
//
// Called by the master's loop; Deploy encodes the checkpoint that it restores
// from, so that the other loop need not.
class ClusterDeployer final : public Deployer {
 public:
  struct DeployAsked {
    int64_t attempt = 0;
    std::string restore;  // An encoded Manifest; empty: from nothing.
    Listener listener;
  };
  struct TriggerAsked {
    CheckpointId checkpoint;
    bool is_last = false;  // As of TriggerLastCheckpoint.
  };
  struct DrainAsked {};
  struct CompleteAsked {
    CheckpointId checkpoint;
    bool final = false;
  };
  struct AbortAsked {
    CheckpointId checkpoint;
  };
  struct StopAsked {};
  using Order = std::variant<DeployAsked, JobExecution::GiveSplits,
                             DrainAsked, TriggerAsked, CompleteAsked,
                             AbortAsked, StopAsked>;

  // `post` brings an order to the other loop; thread-safe, in order.
  explicit ClusterDeployer(std::function<void(Order)> post)
      : post_(std::move(post)) {}

  void Deploy(const JobPlan&, int64_t attempt,
              std::shared_ptr<const Manifest> restore,
              Listener listener) override {
    post_(DeployAsked{attempt,
                      restore == nullptr ? "" : EncodeManifest(*restore),
                      std::move(listener)});
  }
  void GiveSplits(JobExecution::GiveSplits splits) override {
    post_(std::move(splits));
  }
  void TriggerCheckpoint(CheckpointId checkpoint) override {
    post_(TriggerAsked{checkpoint});
  }
  void TriggerLastCheckpoint(CheckpointId checkpoint) override {
    post_(TriggerAsked{checkpoint, /*is_last=*/true});
  }
  absl::Status DrainSources() override {
    post_(DrainAsked{});
    return absl::OkStatus();
  }
  void CompleteCheckpoint(CheckpointId checkpoint, bool final) override {
    post_(CompleteAsked{checkpoint, final});
  }
  void AbortCheckpoint(CheckpointId checkpoint) override {
    post_(AbortAsked{checkpoint});
  }
  void Stop() override { post_(StopAsked{}); }

 private:
  const std::function<void(Order)> post_;
};

}  // namespace millrace
