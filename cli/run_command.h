#pragma once

#include "cli/session.h"

namespace millrace {

// `millrace run FILE`: every statement of the script, or one plan, in this
// process. Jobs of INSERT run side by side, as Flink submits them, unless
// table.dml-sync is true; a bare SELECT runs to its end before the next
// statement. Returns the status to exit with.
int RunCommand(const JobArguments& arguments);
// The same, but a job that has finished is not begun anew.
int RunOnceCommand(const JobArguments& arguments);

}  // namespace millrace
