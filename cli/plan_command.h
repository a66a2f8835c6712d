#pragma once

#include <string>

#include "cli/session.h"

namespace millrace {

// `millrace compile FILE -o PLAN`: the one job of a script as a plan file;
// an empty `output` or "-" is standard output.
int CompileCommand(const JobArguments& arguments, const std::string& output);

// `millrace explain FILE`: every job of a script, or a plan, as a tree.
int ExplainCommand(const JobArguments& arguments);

}  // namespace millrace
