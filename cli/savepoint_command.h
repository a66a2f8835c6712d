#pragma once

#include <string>

#include "cli/session.h"

namespace millrace {

// `millrace savepoint JOB --to DIR`: asks the process that runs the job for a
// savepoint and prints its path; of a job that no process runs, its latest
// checkpoint becomes one. `job` is the name, or the beginning of the name, of
// the job's folder below millrace.data-dir. Returns the status to exit with.
struct SavepointArguments {
  std::string job;
  std::string target;
};
int SavepointCommand(const SavepointArguments& savepoint,
                     const JobArguments& arguments);

// `millrace stop JOB --savepointPath DIR [--drain]`: the same of a job that a
// process runs, which then ends.
struct StopArguments {
  std::string job;
  std::string target;  // Empty: as configured.
  bool drain = false;
};
int StopCommand(const StopArguments& stop, const JobArguments& arguments);

}  // namespace millrace
