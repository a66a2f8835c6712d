#include "jobmanager/cluster/job_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "jobmanager/cluster/record_text.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

using Fields = std::vector<std::string>;

constexpr char kListKind[] = "jobs-2";
constexpr char kFirstListKind[] = "jobs-1";
constexpr char kRunning[] = "running";
constexpr char kEnded[] = "ended";
constexpr char kClaim[] = "claim";
constexpr char kCancelled[] = "cancelled";
constexpr size_t kHeadFields = 3;
constexpr size_t kFirstRunningFields = 9;
constexpr size_t kRunningFields = 11;
constexpr size_t kEndFields = 4;

std::string MarksOf(const RegisteredJob& job) {
  std::vector<std::string> marks;
  if (job.claims_savepoint) {
    marks.push_back(job.claimed.empty() ? kClaim
                                        : absl::StrCat(kClaim, ":",
                                                       job.claimed));
  }
  if (job.cancelled) marks.push_back(kCancelled);
  return absl::StrJoin(marks, ",");
}

absl::Status ReadMarks(absl::string_view text, RegisteredJob& job) {
  for (const absl::string_view mark :
       absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(mark, absl::MaxSplits(':', 1));
    if (parts.first == kClaim) {
      job.claims_savepoint = true;
      job.claimed = std::string(parts.second);
    } else if (mark == kCancelled) {
      job.cancelled = true;
    } else {
      return absl::DataLossError(absl::StrCat("'", mark, "' is no mark"));
    }
  }
  return absl::OkStatus();
}

Fields FieldsOf(const char* kind, const RegisteredJob& job) {
  return {kind,
          job.job_id,
          absl::StrCat(job.order),
          job.name,
          absl::StrCat(job.submitted_ms),
          job.plan.name,
          absl::StrCat(job.plan.size_bytes),
          absl::StrCat(job.plan.crc32c),
          job.savepoint,
          absl::StrCat(job.lived),
          MarksOf(job)};
}

// `count`: how many fields it has.
absl::StatusOr<RegisteredJob> ReadJob(const Fields& fields, size_t count) {
  RegisteredJob job = {.job_id = fields[1],
                       .name = fields[3],
                       .savepoint = fields[8]};
  job.plan.name = fields[5];
  ASSIGN_OR_RETURN(job.order, RecordNumber(fields[2]));
  ASSIGN_OR_RETURN(job.submitted_ms, RecordNumber(fields[4]));
  ASSIGN_OR_RETURN(job.plan.size_bytes, RecordNumber(fields[6]));
  ASSIGN_OR_RETURN(const int64_t crc, RecordNumber(fields[7]));
  job.plan.crc32c = static_cast<uint32_t>(crc);
  if (count == kFirstRunningFields) return job;
  ASSIGN_OR_RETURN(job.lived, RecordNumber(fields[9]));
  RETURN_IF_ERROR(ReadMarks(fields[10], job));
  return job;
}

absl::StatusOr<JobState> ReadState(absl::string_view text) {
  for (const JobState state :
       {JobState::kFailed, JobState::kCanceled, JobState::kFinished}) {
    if (ToString(state) == text) return state;
  }
  return absl::DataLossError(absl::StrCat("no job ends as ", text));
}

absl::StatusOr<EndedJob> ReadEnded(const Fields& fields, size_t count) {
  EndedJob ended;
  ASSIGN_OR_RETURN(ended.job, ReadJob(fields, count));
  ASSIGN_OR_RETURN(ended.state, ReadState(fields[count]));
  ASSIGN_OR_RETURN(ended.ended_ms, RecordNumber(fields[count + 1]));
  ASSIGN_OR_RETURN(const int64_t code, RecordNumber(fields[count + 2]));
  ended.failure =
      absl::Status(static_cast<absl::StatusCode>(code), fields[count + 3]);
  return ended;
}

absl::StatusOr<JobList> Read(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const std::vector<Fields> lines, RecordLines(bytes));
  if (lines.empty() || lines[0].size() != kHeadFields ||
      (lines[0][0] != kListKind && lines[0][0] != kFirstListKind)) {
    return absl::DataLossError("it begins with something else");
  }
  const size_t count =
      lines[0][0] == kListKind ? kRunningFields : kFirstRunningFields;
  JobList list;
  ASSIGN_OR_RETURN(list.term, RecordNumber(lines[0][1]));
  ASSIGN_OR_RETURN(list.next_order, RecordNumber(lines[0][2]));
  for (size_t i = 1; i < lines.size(); ++i) {
    const Fields& fields = lines[i];
    if (fields[0] == kRunning && fields.size() == count) {
      ASSIGN_OR_RETURN(list.running.emplace_back(), ReadJob(fields, count));
    } else if (fields[0] == kEnded && fields.size() == count + kEndFields) {
      ASSIGN_OR_RETURN(list.ended.emplace_back(), ReadEnded(fields, count));
    } else {
      return absl::DataLossError(absl::StrCat("line ", i + 1, " is no job"));
    }
  }
  return list;
}

}  // namespace

std::string EncodeJobList(const JobList& list) {
  std::string text = RecordLine(
      {kListKind, absl::StrCat(list.term), absl::StrCat(list.next_order)});
  for (const RegisteredJob& job : list.running) {
    absl::StrAppend(&text, RecordLine(FieldsOf(kRunning, job)));
  }
  for (const EndedJob& ended : list.ended) {
    Fields fields = FieldsOf(kEnded, ended.job);
    fields.push_back(std::string(ToString(ended.state)));
    fields.push_back(absl::StrCat(ended.ended_ms));
    fields.push_back(absl::StrCat(static_cast<int>(ended.failure.code())));
    fields.push_back(std::string(ended.failure.message()));
    absl::StrAppend(&text, RecordLine(fields));
  }
  return text;
}

absl::StatusOr<JobList> DecodeJobList(absl::string_view bytes) {
  auto list = Read(bytes);
  if (list.ok()) return list;
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "JOB-0127",
       .what = "the record of the cluster's jobs cannot be read",
       .where = "",
       .why = std::string(list.status().message()),
       .fix = "Bring the files of high-availability.storageDir back from a "
              "copy, or use the version of millrace that wrote them."});
}

}  // namespace millrace
