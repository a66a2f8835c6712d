#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/operators/barrier_listener.h"
#include "runtime/operators/operator.h"
#include "runtime/worker/text_backend_test.h"

namespace millrace::tasklet_checkpoint_test {

// Notes what it is told of barriers that are still to come.
class Warned final : public Operator, public BarrierListener {
 public:
  explicit Warned(Log* log) : log_(log) {}
  absl::StatusOr<Progress> Process(int, const Batch&, Output&) override {
    return Progress::kDone;
  }
  void OnCheckpointBegun(CheckpointId id) override { Note("begun", id); }
  void OnCheckpointAborted(CheckpointId id) override { Note("aborted", id); }
  void OnDraining() override { log_->lines.push_back("draining"); }

 private:
  void Note(const char* what, CheckpointId id) {
    log_->lines.push_back(absl::StrCat(what, " ", id.value()));
  }

  Log* const log_;
};

// Takes nothing while another system is away.
class Stuck final : public Operator, public BarrierListener {
 public:
  explicit Stuck(const absl::Status* why) : why_(*why) {}
  absl::StatusOr<Progress> Process(int, const Batch& batch,
                                   Output& output) override {
    if (!why_.ok() || !output.HasRoom()) return Progress::kOutputFull;
    const absl::Status emitted = output.Emit(batch);
    if (!emitted.ok()) return emitted;
    return Progress::kDone;
  }
  void OnCheckpointBegun(CheckpointId) override {}
  void OnCheckpointAborted(CheckpointId) override {}
  absl::Status HeldUp() const override { return why_; }

 private:
  const absl::Status& why_;
};

}  // namespace millrace::tasklet_checkpoint_test
