#include "embedded/savepoint_clerk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using Wish = SavepointDesk::Wish;

absl::Status HasEnded(const absl::Status& outcome) {
  return absl::FailedPreconditionError(absl::StrCat(
      "the job has ended before the savepoint was taken",
      outcome.ok() ? "" : absl::StrCat(": ", outcome.message())));
}

absl::Status IsNotStopped(const std::string& path) {
  return UserError({.code = "JOB-0038",
                    .what = "this job is not stopped before its end",
                    .where = path,
                    .why = "what it has not read yet would be left behind",
                    .fix = "Cancel it (Ctrl-C); the command that began it goes "
                           "on with it."});
}

}  // namespace

void SavepointClerk::Serve(EmbeddedJob& job) {
  for (SavepointDesk::Request& request : desk_.Take()) {
    const Wish wish = request.wish;
    if (wish != Wish::kSavepoint && stops_ == Stops::kRefused) {
      desk_.Answer(request.name, IsNotStopped(directory_.path()));
      continue;
    }
    auto answer = [this, request = std::move(request)](
                      absl::StatusOr<CheckpointId> checkpoint) {
      taken_.Post({request, std::move(checkpoint)});
    };
    if (wish == Wish::kSavepoint) {
      job.Checkpoint(/*savepoint=*/true, std::move(answer));
    } else {
      job.Stop(wish == Wish::kDrain, std::move(answer));
    }
  }
  for (const Taken& taken : taken_.TakeAll()) {
    if (taken.checkpoint.ok()) {
      Write(taken, job);
    } else {
      desk_.Answer(taken.request.name, taken.checkpoint.status());
    }
  }
}

void SavepointClerk::Write(const Taken& taken, EmbeddedJob& job) {
  const bool stops = taken.request.wish != Wish::kSavepoint;
  auto path = directory_.WriteSavepoint(*taken.checkpoint,
                                        taken.request.target);
  job.ReleaseSavepoint(*taken.checkpoint, /*lost=*/!path.ok());
  if (stops && path.ok()) {
    stopped_.push_back({taken.request.name, *std::move(path)});
  } else if (stops) {
    desk_.Answer(
        taken.request.name,
        Annotate(path.status(),
                 absl::StrCat("the job has stopped, but its savepoint could "
                              "not be written; the same command goes on from "
                              "checkpoint ",
                              taken.checkpoint->value())));
  } else {
    desk_.Answer(taken.request.name, path);
  }
}

void SavepointClerk::Close(const absl::Status& outcome) {
  for (const Stopped& stopped : stopped_) {
    if (outcome.ok()) {
      desk_.Answer(stopped.name, stopped.path);
    } else {
      desk_.Answer(stopped.name,
                   absl::UnavailableError(absl::StrCat(
                       "the savepoint is written, at ", stopped.path,
                       ", but the job did not stop well: ",
                       outcome.message())));
    }
  }
  stopped_.clear();
  for (const Taken& taken : taken_.TakeAll()) {
    // The last one to be taken may have been faster than the news of it.
    if (taken.checkpoint.ok()) {
      desk_.Answer(taken.request.name,
                   directory_.WriteSavepoint(*taken.checkpoint,
                                             taken.request.target));
    } else {
      desk_.Answer(taken.request.name, HasEnded(outcome));
    }
  }
  for (const SavepointDesk::Request& request : desk_.Take()) {
    desk_.Answer(request.name, HasEnded(outcome));
  }
}

}  // namespace millrace
