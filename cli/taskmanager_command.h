#pragma once

#include <string>

#include "cli/session.h"

namespace millrace {

struct TaskManagerArguments {
  JobArguments common;  // -D and --config.
  // Listens beyond loopback, though nobody there is asked who they are.
  bool insecure = false;
  std::string version;  // Of this program.
};

// `millrace taskmanager`: runs subtasks for the JobManager of the
// configuration, and looks for it as long as it is away. SIGTERM or Ctrl-C:
// what runs is moved elsewhere first. The status to exit with; kExitBadInput
// where the JobManager refuses it.
int TaskManagerCommand(const TaskManagerArguments& arguments);

}  // namespace millrace
