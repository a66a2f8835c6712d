#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "embedded/job_directory.h"
#include "runtime/base/disk.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// How another process asks an embedded run for a savepoint, or to stop with
// one: by files in the job's directory.
//
//   requests/<name>.request   "savepoint", "stop" or "drain", a line's end, and
//                             the folder to write the savepoint into
//   requests/<name>.answer    "OK <path>" or "ERROR <why>", once it is done
//
// Each file is written beside its place and renamed, so it is read whole. The
// one who asked removes both. Nothing is kept of requests that were made before
// the process began.
class SavepointDesk {
 public:
  enum class Wish { kSavepoint, kStop, kDrain };
  struct Request {
    std::string name;
    Wish wish = Wish::kSavepoint;
    std::string target;
  };

  // The run's side. Removes what a process before left unanswered. `disk`
  // outlives the desk.
  SavepointDesk(const JobDirectory& directory, Disk* disk);

  // Requests that were not taken yet.
  std::vector<Request> Take();
  void Answer(const std::string& name,
              const absl::StatusOr<std::string>& path);

  // The other side: asks, and waits for the answer, at most `timeout`:
  // kDeadlineExceeded. JOB-0037: the run ended without one.
  static absl::StatusOr<std::string> Ask(const std::string& job_path,
                                         Wish wish, const std::string& target,
                                         absl::Duration timeout, Disk* disk);

 private:
  const std::string folder_;
  Disk* const disk_;
  std::vector<std::string> taken_;
};

}  // namespace millrace
