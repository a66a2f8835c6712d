#pragma once

#include "absl/status/status.h"

namespace millrace {

// What the process says when it ends; docs/cli.md lists them for scripts.
enum ExitStatus : int {
  kExitDone = 0,
  kExitJobFailed = 1,
  kExitBadInput = 2,
  kExitCancelled = 130,  // As a shell says of a program ended by Ctrl-C.
};

// Prints "error: <message>" on standard error; the status to exit with.
ExitStatus ReportBadInput(const absl::Status& status);

}  // namespace millrace
