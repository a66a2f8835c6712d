#pragma once

#include <string>

#include "cli/session.h"

namespace millrace {

struct JobManagerArguments {
  JobArguments common;  // -D and --config.
  // Listens beyond loopback, though nobody there is asked who they are.
  bool insecure = false;
  std::string version;  // Of this program.
};

// `millrace jobmanager`: leads a cluster until SIGTERM or Ctrl-C, which leave
// its jobs to be gone on with by the next JobManager of the same
// high-availability.storageDir. A second one beside it waits for the lead. The
// status to exit with.
int JobManagerCommand(const JobManagerArguments& arguments);

}  // namespace millrace
