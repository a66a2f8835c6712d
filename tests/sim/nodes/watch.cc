#include "tests/sim/nodes/watch.h"

#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace::sim {

namespace jm = to_job_manager;
namespace tm = to_task_manager;

void Watch::Mistake(const std::string& what) {
  if (mistake_.ok()) mistake_ = absl::FailedPreconditionError(what);
}

JobWatch& Watch::job(const std::string& job_id) {
  const auto found = jobs_.find(job_id);
  if (found != jobs_.end()) return found->second;
  return jobs_
      .try_emplace(job_id, job_id,
                   [this, name = job_id.substr(0, 6)](const std::string& what) {
                     Mistake(absl::StrCat("job ", name, ": ", what));
                   })
      .first->second;
}

int64_t Watch::restores() const {
  int64_t restores = 0;
  for (const auto& [id, job] : jobs_) restores += job.restores();
  return restores;
}

std::string Watch::Standing() const {
  std::string text;
  for (const auto& [id, job] : jobs_) {
    absl::StrAppend(&text, "job ", id.substr(0, 6), ": attempt ",
                    job.attempts(), ", checkpoint ", job.latest(),
                    job.ended() ? ", ended as " : "",
                    job.ended() ? ToString(job.ended()->state) : "", "; ");
  }
  return absl::StrCat(text, completed_, " checkpoints, term ", term_);
}

void Watch::OnRecord(const std::string& name,
                     const std::optional<std::string>& value) {
  if (!value) return;
  if (name == "leader") {
    const auto leader = DecodeLeaderRecord(*value);
    if (leader.ok()) OnLeader(*leader);
  } else if (name == "jobs") {
    const auto list = DecodeJobList(*value);
    if (list.ok()) OnJobs(*list);
  } else if (absl::StartsWith(name, "job/")) {
    const auto record = DecodeJobRecord(*value);
    if (!record.ok() || !job(record->job_id).OnRecord(*record)) return;
    ++completed_;
    on_completed_(record->job_id);
  }
}

void Watch::OnJobs(const JobList& list) {
  if (list.term < term_) {
    Mistake(absl::StrCat("the leader of term ", list.term,
                         " wrote the jobs behind ", term_));
  }
  term_ = list.term;
  std::map<std::string, const RegisteredJob*> running;
  std::map<std::string, const EndedJob*> ended;
  for (const RegisteredJob& one : list.running) {
    if (!running.emplace(one.job_id, &one).second) {
      Mistake("a job is in the list twice");
    }
    job(one.job_id);
  }
  for (const EndedJob& one : list.ended) ended[one.job.job_id] = &one;
  for (auto& [id, watch] : jobs_) {
    const auto runs = running.find(id);
    const auto ends = ended.find(id);
    watch.OnListed(runs == running.end() ? nullptr : runs->second,
                   ends == ended.end() ? nullptr : ends->second, list.term);
  }
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

void Watch::OnToJobManager(const std::string& from, const std::string& to,
                           const std::string& bytes) {
  const auto message = DecodeToJobManager(bytes);
  if (!message.ok()) return Mistake(message.status().ToString());
  if (const auto* stopped = std::get_if<jm::Stopped>(&*message)) {
    job(stopped->attempt.job_id).OnGone(from, to, stopped->attempt.attempt);
  } else if (const auto* deployed = std::get_if<jm::Deployed>(&*message)) {
    if (!deployed->status.ok()) {
      job(deployed->attempt.job_id)
          .OnGone(from, to, deployed->attempt.attempt);
    }
  } else if (std::holds_alternative<jm::Register>(*message)) {
    runs_[from].clear();
  } else if (const auto* alive = std::get_if<jm::Heartbeat>(&*message)) {
    std::set<AttemptRef>& runs = runs_[from];
    runs.clear();
    for (const jm::Heartbeat::Attempt& attempt : alive->attempts) {
      runs.insert(attempt.attempt);
    }
  }
}

void Watch::OnHungUp(const std::string& host, const std::string& other) {
  for (auto& [id, watch] : jobs_) watch.OnHungUp(host, other);
}

void Watch::OnToTaskManager(const std::string& from, const std::string& to,
                            const std::string& bytes) {
  const auto message = DecodeToTaskManager(bytes);
  if (!message.ok()) return Mistake(message.status().ToString());
  if (const auto* deploy = std::get_if<tm::Deploy>(&*message)) {
    job(deploy->attempt.job_id)
        .OnDeploy(from, to, *deploy, leader_ && leader_->holder == from,
                  term_);
  } else if (const auto* trigger = std::get_if<tm::Trigger>(&*message)) {
    job(trigger->attempt.job_id).OnTrigger(*trigger);
  } else if (const auto* complete = std::get_if<tm::Complete>(&*message)) {
    job(complete->attempt.job_id).OnComplete(from, *complete);
  }
}

// "TABLE-job-attempt-subtask-checkpoint-number"
void Watch::OnCommit(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '-');
  int64_t attempt = 0;
  int64_t checkpoint = 0;
  if (parts.size() != 6 || !absl::SimpleAtoi(parts[2], &attempt) ||
      !absl::SimpleAtoi(parts[4], &checkpoint)) {
    return Mistake(absl::StrCat("committed as ", name));
  }
  job(parts[1]).OnCommit(attempt, checkpoint);
}

}  // namespace millrace::sim
