#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "tests/sim/sim_connector.h"

namespace millrace::sim {
namespace {

// Collects the rows of an epoch and stages them at its barrier.
class SimWriter final : public Writer {
 public:
  SimWriter(World* world, std::string place, std::function<void()> wake)
      : world_(world), place_(std::move(place)), wake_(std::move(wake)) {}

  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    Scheduler& scheduler = *world_->scheduler();
    if (scheduler.rng().Below(40) == 0) {
      scheduler.Post(scheduler.running(), scheduler.Jitter(2'000'000), wake_);
      return Accepted::kFull;
    }
    batch.selection().ForEach([&](uint32_t row) {
      Row values;
      for (const VectorRef& column : batch.columns) {
        values.push_back(
            column->IsNull(row)
                ? INT64_MIN
                : column->data<int64_t>()[row & column->index_mask()]);
      }
      epoch_.push_back({batch.kind(row), std::move(values)});
    });
    return Accepted::kAll;
  }

  absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }

  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override {
    if (epoch_.empty()) return Sealed();
    const std::string name =
        absl::StrCat(place_, "-", checkpoint.value(), "-", sealed_++);
    RETURN_IF_ERROR(world_->Stage(name, std::exchange(epoch_, {})));
    return Sealed{.committables = {{name}}};
  }

 private:
  World* const world_;
  const std::string place_;
  const std::function<void()> wake_;
  std::vector<World::Change> epoch_;
  int64_t sealed_ = 0;
};

class SimCommitter final : public Committer {
 public:
  explicit SimCommitter(World* world) : world_(world) {}
  absl::Status Commit(const std::vector<Committable>& committables) override {
    for (const Committable& committable : committables) {
      RETURN_IF_ERROR(world_->Commit(committable.bytes));
    }
    return absl::OkStatus();
  }
  absl::Status Abort(const std::vector<Committable>& committables) override {
    for (const Committable& committable : committables) {
      RETURN_IF_ERROR(world_->Abort(committable.bytes));
    }
    return absl::OkStatus();
  }

 private:
  World* const world_;
};

}  // namespace

std::unique_ptr<Writer> MakeSimWriter(World* world, std::string place,
                                      std::function<void()> wake) {
  return std::make_unique<SimWriter>(world, std::move(place),
                                     std::move(wake));
}

std::unique_ptr<Committer> MakeSimCommitter(World* world) {
  return std::make_unique<SimCommitter>(world);
}

}  // namespace millrace::sim
