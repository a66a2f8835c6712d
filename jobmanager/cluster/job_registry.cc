#include "jobmanager/cluster/job_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr char kRecord[] = "jobs";
// Whoever asked waits, and may ask again.
constexpr int kMostTries = 5;

}  // namespace

absl::StatusOr<JobList> JobRegistry::Take() {
  ASSIGN_OR_RETURN(const auto record, options_.records->Read(kRecord));
  JobList list;
  version_ = 0;
  if (record.has_value()) {
    ASSIGN_OR_RETURN(list, DecodeJobList(record->value));
    version_ = record->version;
  }
  if (list.term > options_.term) {
    return absl::AbortedError(
        absl::StrCat("term ", list.term, " has taken the jobs over"));
  }
  list.term = options_.term;
  RETURN_IF_ERROR(Write(std::move(list)));
  return list_;
}

absl::StatusOr<RegisteredJob> JobRegistry::Add(RegisteredJob job,
                                               absl::string_view plan_json) {
  job.plan = {.name = absl::StrCat("plans/", job.job_id, "-", options_.term,
                                   "-", ++plans_written_),
              .size_bytes = static_cast<int64_t>(plan_json.size()),
              .crc32c = Crc32c(plan_json)};
  RETURN_IF_ERROR(options_.plans->Put(job.plan.name, plan_json));
  JobList next = list_;
  job.order = next.next_order++;
  std::erase_if(next.ended, [&](const EndedJob& ended) {
    return ended.job.job_id == job.job_id;
  });
  next.running.push_back(job);
  RETURN_IF_ERROR(Write(std::move(next)));
  return job;
}

absl::Status JobRegistry::Cancel(const std::string& job_id) {
  JobList next = list_;
  for (RegisteredJob& job : next.running) {
    if (job.job_id == job_id) job.cancelled = true;
  }
  return next == list_ ? absl::OkStatus() : Write(std::move(next));
}

absl::Status JobRegistry::End(const EndedJob& ended) {
  JobList next = list_;
  const auto running = std::find_if(
      next.running.begin(), next.running.end(), [&](const RegisteredJob& job) {
        return job.job_id == ended.job.job_id;
      });
  if (running == next.running.end()) return absl::OkStatus();
  EndedJob last = ended;
  last.job = *running;
  next.running.erase(running);
  next.ended.push_back(std::move(last));
  std::vector<RegisteredJob> forgotten;
  while (static_cast<int>(next.ended.size()) > options_.most_ended) {
    forgotten.push_back(std::move(next.ended.front().job));
    next.ended.erase(next.ended.begin());
  }
  RETURN_IF_ERROR(Write(std::move(next)));
  for (const RegisteredJob& job : forgotten) {
    // One that stays takes a few kilobytes and stands in nobody's way.
    options_.plans->Delete(job.plan.name).IgnoreError();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> JobRegistry::ReadPlan(const RegisteredJob& job) {
  auto plan = options_.plans->Get(job.plan.name);
  // Whatever else is wrong may be mended, and the plan be read then.
  if (!plan.ok() && !absl::IsNotFound(plan.status()) &&
      !absl::IsDataLoss(plan.status())) {
    return plan.status();
  }
  if (plan.ok() &&
      static_cast<int64_t>(plan->size()) == job.plan.size_bytes &&
      Crc32c(*plan) == job.plan.crc32c) {
    return plan;
  }
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "JOB-0128",
       .what = "the plan of a job is damaged or gone",
       .where = absl::StrCat("job '", job.name, "', ", job.plan.name),
       .why = plan.ok() ? "it is not what was written"
                        : std::string(plan.status().message()),
       .fix = "Bring the files of high-availability.storageDir back from a "
              "copy, or submit the job anew from its latest checkpoint."});
}

// A write whose outcome is unknown is followed by a read, and that by another
// write: what stands in the end is `next`, or a later term's. Where the store
// stops answering before that, it stays in doubt.
absl::Status JobRegistry::Write(JobList next) {
  const std::string value = EncodeJobList(next);
  absl::Status last = absl::OkStatus();
  bool in_doubt = false;
  for (int i = 0; i < kMostTries; ++i) {
    const auto version =
        options_.records->CompareAndSwap(kRecord, version_, value);
    if (version.ok()) {
      version_ = *version;
      list_ = std::move(next);
      return absl::OkStatus();
    }
    last = version.status();
    if (absl::IsUnavailable(last)) continue;
    in_doubt |= absl::IsUnknown(last);
    const auto record = options_.records->Read(kRecord);
    if (!record.ok()) {
      last = record.status();
      continue;
    }
    if (!record->has_value()) {
      if (version_ == 0) continue;
      return absl::AbortedError("the record of the jobs is gone");
    }
    ASSIGN_OR_RETURN(const JobList found, DecodeJobList((*record)->value));
    const bool before_take = list_.term != options_.term;
    if (found.term > options_.term ||
        (found.term < options_.term && !before_take)) {
      return absl::AbortedError(
          absl::StrCat("term ", found.term, " has taken the jobs over"));
    }
    if (before_take && found.term < options_.term &&
        (*record)->version != version_) {
      // The leader before wrote once more: its list, then, is to be taken.
      return absl::UnavailableError("the list of the jobs has just changed");
    }
    // One that may still land finds the version that it was made for, or not.
    in_doubt &= (*record)->version == version_;
    version_ = (*record)->version;
    if ((*record)->value == value) {
      list_ = std::move(next);
      return absl::OkStatus();
    }
  }
  return Annotate(in_doubt ? absl::UnknownError(last.message())
                           : absl::UnavailableError(last.message()),
                  "writing the record of the jobs");
}

}  // namespace millrace
