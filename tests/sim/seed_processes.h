#pragma once

#include <functional>
#include <string>
#include <vector>

namespace millrace::sim {

// Runs `work` in that many processes of its own, with their numbers from 0 on,
// and gives what each returned; an empty text where one crashed, which is set
// in `crashed`. They print as they like.
std::vector<std::string> RunInProcesses(
    int processes, const std::function<std::string(int)>& work, bool* crashed);

}  // namespace millrace::sim
