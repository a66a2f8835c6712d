#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "jobmanager/deployer.h"
#include "runtime/base/executor.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/fixed_split_enumerator.h"

namespace millrace {

inline const SubtaskId kSource = {VertexId(0), 0};
inline const SubtaskId kSink = {VertexId(1), 0};

// Work that waits until the test lets it run.
class Queue final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    work_.push_back(std::move(work));
  }
  bool RunAll() {
    const bool any = !work_.empty();
    for (auto& work : std::exchange(work_, {})) work();
    return any;
  }

 private:
  std::deque<std::function<void()>> work_;
};

// A source of two splits, "a" and "b".
class TwoSplits final : public Connector {
 public:
  class Discovery final : public SplitDiscovery {
   public:
    absl::StatusOr<std::vector<Split>> Discover() override {
      return std::vector<Split>{{"a", ""}, {"b", ""}};
    }
  };
  const std::vector<OptionSpec>& options() const override { return options_; }
  absl::StatusOr<Capabilities> Describe(const TableDescriptor&) const override {
    return Capabilities{.source = true};
  }
  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor&, int parallelism) const override {
    return std::make_unique<FixedSplitEnumerator>(parallelism);
  }
  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor&, int) const override {
    return std::make_unique<Discovery>();
  }

 private:
  const std::vector<OptionSpec> options_;
};

// Notes what it is told and says what the test wants it to say.
class FakeDeployer final : public Deployer {
 public:
  void Deploy(const JobPlan&, int64_t attempt,
              std::shared_ptr<const Manifest> restore,
              Listener listener) override {
    Note(absl::StrCat("deploy ", attempt),
         restore == nullptr
             ? ""
             : absl::StrCat(" from ", restore->checkpoint.value()));
    listeners.push_back(listener);
    if (restore != nullptr) restored = *restore;
    listener.deployed(Deployment{{kSource, kSink}, {kSource}, 1});
  }
  void GiveSplits(JobExecution::GiveSplits splits) override {
    Note("give", absl::StrCat(" ", splits.splits.size()));
  }
  void TriggerCheckpoint(CheckpointId checkpoint) override {
    Note("trigger ", absl::StrCat(checkpoint.value()));
    latest = checkpoint;
  }
  void TriggerLastCheckpoint(CheckpointId checkpoint) override {
    Note("trigger last ", absl::StrCat(checkpoint.value()));
    latest = checkpoint;
  }
  absl::Status DrainSources() override {
    Note("drain", "");
    return drains ? absl::OkStatus() : absl::UnimplementedError("cannot");
  }
  void CompleteCheckpoint(CheckpointId checkpoint, bool final) override {
    Note("complete ",
         absl::StrCat(checkpoint.value(), final ? " final" : ""));
  }
  void AbortCheckpoint(CheckpointId checkpoint) override {
    Note("abort ", absl::StrCat(checkpoint.value()));
  }
  void Stop() override {
    Note("stop", "");
    listeners.back().stopped();
  }

  // Both subtasks of attempt `attempt` acknowledge.
  void Acknowledge(CheckpointId checkpoint, int64_t attempt = 1) {
    for (const SubtaskId& subtask : {kSource, kSink}) {
      std::vector<OperatorSnapshot> snapshots(1);
      snapshots[0].uid = absl::StrCat(subtask.vertex.value());
      listeners[attempt - 1].acknowledged({checkpoint, subtask, snapshots});
    }
  }

  std::vector<std::string> TakeNotes() { return std::exchange(notes, {}); }

  std::vector<Listener> listeners;
  std::vector<std::string> notes;
  std::optional<Manifest> restored;
  CheckpointId latest;
  bool drains = true;

 private:
  void Note(std::string what, const std::string& which) {
    notes.push_back(what + which);
  }
};

}  // namespace millrace
