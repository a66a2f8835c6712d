#pragma once

#include "cli/dlq_command.h"

namespace CLI {
class App;
}

namespace millrace {

// Adds `dlq` with its verbs, whose arguments go to `dlq` and `arguments`.
const CLI::App* AddDlq(CLI::App& app, DlqArguments& dlq,
                       JobArguments& arguments);

// The verb that was given. REQUIRES: `verb` was parsed.
int RunDlq(const CLI::App& verb, const DlqArguments& dlq,
           const JobArguments& arguments);

}  // namespace millrace
