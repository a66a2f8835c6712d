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
  // A manifest that is larger, of much state in itself, is named and not sent:
  // TaskManagers read it where its files lie.
  static constexpr size_t kMostSentBytes = size_t{1} << 20;

  struct DeployAsked {
    int64_t attempt = 0;
    std::string restore;  // An encoded Manifest; empty: from nothing.
    std::string restore_object;  // Or the name of one.
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

  // A manifest that is no checkpoint's lies in that object. Before any Deploy.
  void PlaceSavepoint(std::shared_ptr<const Manifest> savepoint,
                      std::string object) {
    savepoint_ = std::move(savepoint);
    savepoint_object_ = std::move(object);
  }

  void Deploy(const JobPlan&, int64_t attempt,
              std::shared_ptr<const Manifest> restore,
              Listener listener) override {
    DeployAsked asked = {.attempt = attempt, .listener = std::move(listener)};
    if (restore != nullptr) asked.restore = EncodeManifest(*restore);
    if (asked.restore.size() > kMostSentBytes) {
      asked.restore.clear();
      asked.restore_object =
          restore == savepoint_
              ? savepoint_object_
              : ManifestName(restore->job_id, restore->checkpoint);
    }
    post_(std::move(asked));
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
  std::shared_ptr<const Manifest> savepoint_;
  std::string savepoint_object_;
};

}  // namespace millrace
