#include "tests/sim/nodes/watch.h"

#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/rpc/cluster_codec.h"
#include "state/storage/manifest.h"

namespace millrace::sim {

void Watch::Mistake(std::string what) {
  if (mistake_.ok()) mistake_ = absl::FailedPreconditionError(what);
}

void Watch::OnRecord(const std::string& name,
                     const std::optional<std::string>& value) {
  if (!value) return;
  if (name == JobRecordName(job_id_)) {
    const auto record = DecodeJobRecord(*value);
    if (record.ok()) OnJob(*record);
  } else if (name == "leader") {
    const auto leader = DecodeLeaderRecord(*value);
    if (leader.ok()) OnLeader(*leader);
  } else if (name == "jobs") {
    const auto list = DecodeJobList(*value);
    if (list.ok()) OnJobs(*list);
  }
}

void Watch::OnJob(const JobRecord& record) {
  if (record.attempt < attempt_) {
    Mistake(absl::StrCat("attempt ", record.attempt, " wrote behind ",
                         attempt_));
  }
  const int64_t latest = record.retained.empty()
                             ? 0
                             : record.retained.back().checkpoint.value();
  if (record.attempt > attempt_) {
    attempt_ = record.attempt;
    base_[attempt_] = latest;
  }
  if (latest == latest_) return;
  if (latest < latest_) {
    // It has finished, and lets go of its checkpoints.
    if (latest != 0 || !record.finished) {
      Mistake(absl::StrCat("checkpoint ", latest, " came behind ", latest_));
    }
    return;
  }
  latest_ = latest;
  completed_[latest] = record.attempt;
  on_completed_();
}

void Watch::OnJobs(const JobList& list) {
  if (list.term < term_) {
    Mistake(absl::StrCat("the leader of term ", list.term,
                         " wrote the jobs behind ", term_));
  }
  term_ = list.term;
  bool there = false;
  for (const RegisteredJob& job : list.running) {
    there |= job.job_id == job_id_;
  }
  for (const EndedJob& ended : list.ended) {
    if (ended.job.job_id == job_id_) ended_ = ended;
  }
  if (registered_ && !there && !ended_) Mistake("the job is forgotten");
  if (there && ended_) Mistake("the job has ended, and runs again");
  registered_ |= there;
}

// A lease of another holder has passed, by the slowest clock there is.
void Watch::OnLeader(const LeaderRecord& record) {
  constexpr double kSurely = 1.1;
  const int64_t now = clock_->nanos();
  if (leader_ && record.term != leader_->term && !leader_->released &&
      record.holder != leader_->holder &&
      absl::Nanoseconds(now - leader_since_nanos_) <
          leader_->lease * kSurely) {
    Mistake(absl::StrCat(record.holder, " takes the lead while ",
                         leader_->holder, " has it"));
  }
  if (leader_ && record.term < leader_->term) Mistake("terms go back");
  leader_ = record;
  leader_since_nanos_ = now;
}

void Watch::OnDeploy(const std::string& from, const std::string& to,
                     const to_task_manager::Deploy& deploy) {
  const int64_t attempt = deploy.attempt.attempt;
  int64_t restored = 0;
  if (!deploy.restore.empty()) {
    const auto manifest = DecodeManifest(deploy.restore);
    if (!manifest.ok()) return Mistake(manifest.status().ToString());
    restored = manifest->checkpoint.value();
  }
  const auto base = base_.find(attempt);
  if (base == base_.end() || base->second != restored) {
    Mistake(absl::StrCat(from, " restores checkpoint ", restored,
                         " in attempt ", attempt, ", not ",
                         base == base_.end() ? -1 : base->second));
  }
  if (!deployed_.emplace(attempt, to).second) {
    Mistake(absl::StrCat(from, " deploys attempt ", attempt, " twice to ",
                         to));
  }
  for (const Running& running : running_) {
    if (running.job_manager == from && running.attempt != attempt) {
      Mistake(absl::StrCat(from, " deploys attempt ", attempt, " while ",
                           running.attempt, " runs on ",
                           running.task_manager));
    }
  }
  running_.insert({from, to, attempt});
  restores_ += restored > 0;
}

void Watch::OnToJobManager(const std::string& from, const std::string& to,
                           const std::string& bytes) {
  const auto message = DecodeToJobManager(bytes);
  if (!message.ok()) return Mistake(message.status().ToString());
  if (const auto* stopped =
          std::get_if<to_job_manager::Stopped>(&*message)) {
    running_.erase({to, from, stopped->attempt.attempt});
  } else if (const auto* deployed =
                 std::get_if<to_job_manager::Deployed>(&*message)) {
    if (!deployed->status.ok()) {
      running_.erase({to, from, deployed->attempt.attempt});
    }
  }
}

void Watch::OnHungUp(const std::string& host, const std::string& other) {
  std::erase_if(running_, [&](const Running& running) {
    return running.job_manager == host && running.task_manager == other;
  });
}

void Watch::OnToTaskManager(const std::string& from, const std::string& to,
                            const std::string& bytes) {
  const auto message = DecodeToTaskManager(bytes);
  if (!message.ok()) return Mistake(message.status().ToString());
  if (const auto* deploy = std::get_if<to_task_manager::Deploy>(&*message)) {
    OnDeploy(from, to, *deploy);
  } else if (const auto* complete =
                 std::get_if<to_task_manager::Complete>(&*message)) {
    const auto found = completed_.find(complete->checkpoint.value());
    if (found == completed_.end() ||
        found->second != complete->attempt.attempt) {
      Mistake(absl::StrCat(from, " calls checkpoint ",
                           complete->checkpoint.value(), " of attempt ",
                           complete->attempt.attempt, " complete"));
    }
  }
}

// "TABLE-attempt-subtask-checkpoint-number"
void Watch::OnCommit(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '-');
  int64_t attempt = 0;
  int64_t checkpoint = 0;
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[1], &attempt) ||
      !absl::SimpleAtoi(parts[3], &checkpoint)) {
    return Mistake(absl::StrCat("committed as ", name));
  }
  // What was sealed for one that came to nothing goes with the next.
  const auto found = completed_.lower_bound(checkpoint);
  if (found == completed_.end() || found->second != attempt) {
    Mistake(absl::StrCat("attempt ", attempt, " committed checkpoint ",
                         checkpoint, ", which it has not completed"));
  }
}

}  // namespace millrace::sim
