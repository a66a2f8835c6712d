#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "embedded/embedded_job.h"
#include "embedded/job_directory.h"
#include "embedded/savepoint_desk.h"
#include "runtime/base/disk.h"
#include "runtime/base/mailbox.h"

namespace millrace {

// Serves the desk of one embedded run: hands what is wished for to the job,
// writes the savepoints that it takes into the folders asked for, and tells who
// asked. Everybody is told, at the latest when the run ends; who had the job
// stopped only then.
//
// One thread, the job's owner. Writing a savepoint blocks it.
class SavepointClerk {
 public:
  // What becomes of a wish to stop the job: it is refused (JOB-0038) where the
  // job is to come to its end.
  enum class Stops { kServed, kRefused };

  // Both outlive the clerk, which outlives the jobs it is given.
  SavepointClerk(JobDirectory* directory, Disk* disk, Stops stops)
      : directory_(*directory),
        disk_(disk),
        stops_(stops),
        desk_(*directory, disk),
        taken_([] {}) {}

  // Now and then while the job runs.
  void Serve(EmbeddedJob& job);
  // When it is gone: `outcome` is what Wait said.
  void Close(const absl::Status& outcome);

 private:
  // What the job said to a request.
  struct Taken {
    SavepointDesk::Request request;
    absl::StatusOr<CheckpointId> checkpoint;
  };
  struct Stopped {
    std::string name;
    std::string path;
  };

  void Write(const Taken& taken, EmbeddedJob& job);

  JobDirectory& directory_;
  Disk* const disk_;
  const Stops stops_;
  SavepointDesk desk_;
  Mailbox<Taken> taken_;  // Posted to by the job.
  std::vector<Stopped> stopped_;  // To be told when the job has ended.
};

}  // namespace millrace
