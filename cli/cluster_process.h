#pragma once

#include <cstdint>
#include <string>

namespace millrace {

// What a JobManager and a TaskManager have in common as processes.

// Tells this process from every other, one under the same name before it too.
int64_t NewLife();

// A line on standard error, behind the time of day.
void Log(const std::string& line);

}  // namespace millrace
