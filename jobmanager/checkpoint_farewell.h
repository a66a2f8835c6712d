#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// How the checkpoints of an ended job are let go of, where they are:
//
//   the savepoint that the job was stopped with is copied by who asked for it
//   -> no checkpoint counts any more -> their files are deleted
//
// Neither wait is for ever. Where nobody says that the savepoint was copied all
// checkpoints stay, so that the job can be begun again; files that cannot be
// deleted are only waste.
//
// No clock: `now` is given.
class CheckpointFarewell {
 public:
  // How long who asked for a savepoint may take to copy it.
  static constexpr absl::Duration kLongestCopy = absl::Minutes(10);
  static constexpr absl::Duration kRetry = absl::Seconds(1);
  // After so many failures the files are left where they are.
  static constexpr int kMostTries = 3;

  // What is to be done next.
  enum class Step { kWait, kForget, kDone };

  // Somebody was told of this one, and will say when it was copied.
  void AwaitCopy(CheckpointId savepoint) { copied_ = savepoint; }
  // The same was promised by a master before this one, so nobody will say it.
  void OnOrphaned() { lost_ = true; }
  void OnReleased(CheckpointId savepoint, bool lost) {
    if (copied_ != savepoint) return;
    copied_.reset();
    lost_ = lost;
  }

  // The job has ended; `forgets`: none of its checkpoints is kept.
  void Begin(bool forgets, absl::Duration now) {
    forgets_ = forgets && !lost_;
    copied_until_ = now + kLongestCopy;
  }

  Step Next(absl::Duration now) {
    if (!forgets_) return Step::kDone;
    if (copied_ && now < copied_until_) return Step::kWait;
    if (copied_ || lost_) {
      forgets_ = false;
      return Step::kDone;
    }
    if (asked_ || now < again_at_) return Step::kWait;
    return Step::kForget;
  }

  // kForget is being carried out; OnForgotten answers. `names` of the first
  // time are those of every time.
  const std::vector<std::string>& OnAsked(std::vector<std::string> names) {
    asked_ = true;
    if (tries_ == 0) names_ = std::move(names);
    return names_;
  }
  void OnForgotten(const absl::Status& status, absl::Duration now) {
    if (!asked_) return;
    asked_ = false;
    const bool done = status.ok() || absl::IsAborted(status);
    if (done || ++tries_ == kMostTries) {
      forgets_ = false;
    } else {
      again_at_ = now + kRetry;
    }
  }

  // InfiniteDuration: time alone changes nothing.
  absl::Duration WakeAt() const {
    if (!forgets_ || asked_) return absl::InfiniteDuration();
    if (copied_) return copied_until_;
    return tries_ > 0 ? again_at_ : absl::InfiniteDuration();
  }

 private:
  bool forgets_ = false;
  bool lost_ = false;  // The savepoint was not copied, for all that is known.
  std::optional<CheckpointId> copied_;  // Being copied.
  absl::Duration copied_until_;
  bool asked_ = false;
  int tries_ = 0;  // Failed.
  absl::Duration again_at_ = -absl::InfiniteDuration();
  std::vector<std::string> names_;
};

}  // namespace millrace
