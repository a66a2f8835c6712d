#include "tests/sim/nodes/job_watch.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "state/storage/manifest.h"

namespace millrace::sim {
namespace {

// "FOLDER/savepoint-<digits>-<checkpoint>"
int64_t CheckpointOfFolder(const std::string& folder) {
  int64_t checkpoint = 0;
  (void)absl::SimpleAtoi(folder.substr(folder.rfind('-') + 1), &checkpoint);
  return checkpoint;
}

}  // namespace

bool JobWatch::OnRecord(const JobRecord& record) {
  if (record.attempt < attempt_) {
    mistake_(absl::StrCat("attempt ", record.attempt, " wrote behind ",
                          attempt_));
  }
  const int64_t latest = record.retained.empty()
                             ? 0
                             : record.retained.back().checkpoint.value();
  if (record.attempt > attempt_) {
    if (forgotten_) mistake_("a job that has finished begins anew");
    if (record.term < attempt_term_) {
      mistake_(absl::StrCat("the leader of term ", record.term,
                            " begins an attempt behind one of ",
                            attempt_term_));
    }
    attempt_term_ = record.term;
    attempt_ = record.attempt;
    base_[attempt_] = latest;
  }
  if (latest == latest_) return false;
  if (latest == 0 && record.finished) {
    // It has finished, and lets go of its checkpoints.
    forgotten_ = true;
    latest_ = 0;
    return false;
  }
  if (latest <= newest_) {
    mistake_(absl::StrCat("checkpoint ", latest, " came behind ", newest_));
    return false;
  }
  latest_ = newest_ = latest;
  completed_[latest] = record.attempt;
  if (record.retained.back().ends_job) last_.insert(latest);
  return true;
}

void JobWatch::BeginLife(const RegisteredJob& job) {
  orders_.insert(job.order);
  forgotten_ = false;
  cancelled_in_term_ = 0;
  ended_.reset();
  savepoint_ = job.savepoint.empty() ? 0 : CheckpointOfFolder(job.savepoint);
}

void JobWatch::OnListed(const RegisteredJob* running, const EndedJob* ended,
                        int64_t term) {
  if (running != nullptr && !orders_.contains(running->order)) {
    if (listed_) mistake_("a job that runs is submitted once more");
    BeginLife(*running);
  } else if (running != nullptr && ended_) {
    mistake_("the job has ended, and runs again");
  }
  if (ended != nullptr && orders_.contains(ended->job.order)) {
    ended_ = *ended;
    // What is deployed next waits there until it has gone.
    running_.clear();
  }
  if (listed_ && running == nullptr && !ended_) mistake_("it is forgotten");
  listed_ = running != nullptr;
  if (!listed_) return;
  if (running->cancelled) {
    if (!is_cancelled()) cancelled_in_term_ = term;
  } else if (is_cancelled()) {
    mistake_("nobody knows any more that it is cancelled");
  }
}

std::optional<int64_t> JobWatch::BaseOf(int64_t attempt) const {
  const auto base = base_.find(attempt);
  if (base == base_.end()) return std::nullopt;
  return base->second > 0 ? base->second : savepoint_;
}

void JobWatch::OnDeploy(const std::string& from, const std::string& to,
                        const to_task_manager::Deploy& deploy, bool leads,
                        int64_t term) {
  const int64_t attempt = deploy.attempt.attempt;
  int64_t restored = 0;
  if (!deploy.restore.empty()) {
    const auto manifest = DecodeManifest(deploy.restore);
    if (!manifest.ok()) return mistake_(manifest.status().ToString());
    restored = manifest->checkpoint.value();
  } else if (!deploy.restore_object.empty()) {
    // One of its own, or what it begins from.
    const auto named = CheckpointOf(job_id_, deploy.restore_object);
    restored = named ? named->value() : savepoint_;
  }
  const std::optional<int64_t> base = BaseOf(attempt);
  if (restored != base) {
    mistake_(absl::StrCat(from, " restores checkpoint ", restored,
                          " in attempt ", attempt, ", not ",
                          base.value_or(-1)));
  }
  if (!deployed_.emplace(attempt, to).second) {
    mistake_(absl::StrCat(from, " deploys attempt ", attempt, " twice to ",
                          to));
  }
  for (const Running& running : running_) {
    if (running.job_manager == from && running.attempt != attempt) {
      mistake_(absl::StrCat(from, " deploys attempt ", attempt, " while ",
                            running.attempt, " runs on ",
                            running.task_manager));
    }
  }
  if (leads && ended_) mistake_("what has ended is deployed");
  if (leads && is_cancelled() && term > cancelled_in_term_) {
    mistake_(absl::StrCat(from, " runs a job that was cancelled before"));
  }
  running_.insert({from, to, attempt});
  restores_ += restored > 0;
}

void JobWatch::OnTrigger(const to_task_manager::Trigger& trigger) {
  if (trigger.stand_still) last_.insert(trigger.checkpoint.value());
}

// Of the attempt that completed it, or, where the job ends with it, of another
// that was restored from it.
void JobWatch::OnComplete(const std::string& from,
                          const to_task_manager::Complete& complete) {
  const int64_t checkpoint = complete.checkpoint.value();
  const int64_t attempt = complete.attempt.attempt;
  const auto found = completed_.find(checkpoint);
  const bool its_own = found != completed_.end() && found->second == attempt;
  const bool ends = complete.final && last_.contains(checkpoint) &&
                    BaseOf(attempt) == checkpoint;
  if (!its_own && !ends) {
    mistake_(absl::StrCat(from, " calls checkpoint ", checkpoint,
                          " of attempt ", attempt, " complete"));
  }
}

void JobWatch::OnGone(const std::string& from, const std::string& to,
                      int64_t attempt) {
  running_.erase({to, from, attempt});
}

void JobWatch::OnHungUp(const std::string& host, const std::string& other) {
  std::erase_if(running_, [&](const Running& running) {
    return running.job_manager == host && running.task_manager == other;
  });
}

void JobWatch::OnCommit(int64_t attempt, int64_t checkpoint) {
  if (ended_ && ended_->state == JobState::kFinished) {
    mistake_(absl::StrCat("output of checkpoint ", checkpoint,
                          " comes after the job's end"));
  }
  // What was sealed for one that came to nothing goes with the next.
  const auto found = completed_.lower_bound(checkpoint);
  if (found == completed_.end() || found->second != attempt) {
    mistake_(absl::StrCat("attempt ", attempt, " committed checkpoint ",
                          checkpoint, ", which it has not completed"));
  }
}

}  // namespace millrace::sim
