#include "jobmanager/checkpoint_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/connector/committing_writer.h"

namespace millrace {

absl::Status LatestCheckpointIsGone(CheckpointId latest) {
  return MakeError(absl::StatusCode::kDataLoss,
                   {.code = "JOB-0033",
                    .what = "the latest checkpoint is gone from the store",
                    .where = absl::StrCat("checkpoint ", latest.value()),
                    .fix = "Bring the store of checkpoints back from a copy."});
}

absl::Status AnotherRunsTheJob(const absl::Status& cause) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   {.code = "JOB-0032",
                    .what = "another process runs this job",
                    .why = std::string(cause.message()),
                    .fix = "Stop one of the two; this one has stopped."});
}

bool SaysAnotherRunsTheJob(const absl::Status& status) {
  return ErrorCode(status) == "JOB-0032";
}

bool SaysSinkIsHeldUp(const absl::Status& status) {
  return ErrorCode(status) == CommittingWriter::kHeldUp;
}

absl::Status IdWasUsed(CheckpointId id, CheckpointId last) {
  return absl::InternalError(
      absl::StrCat("id ", id.value(), " came after ", last.value()));
}

absl::Status CheckpointInDoubt(CheckpointId checkpoint,
                               absl::string_view why) {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "JOB-0035",
       .what = absl::StrCat("whether checkpoint ", checkpoint.value(),
                            " counts is not known"),
       .why = std::string(why),
       .fix = "See to the store of checkpoints; the job then goes on from "
              "whichever counts."});
}

absl::Status TooManyFailures(CheckpointId checkpoint, int tolerable,
                             const absl::Status& cause) {
  const std::string which =
      checkpoint.value() == 0 ? "a checkpoint"
                              : absl::StrCat("checkpoint ", checkpoint.value());
  return MakeError(
      cause.code(),
      {.code = "JOB-0034",
       .what = absl::StrCat(which, " failed, ", tolerable,
                            " failures in a row being tolerated"),
       .why = std::string(cause.message())});
}

}  // namespace millrace
