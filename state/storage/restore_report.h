#pragma once

#include <string>
#include <vector>

namespace millrace {

// What became of a checkpoint's state when a plan was restored from it, by the
// uids of the plan's vertices, in their order. For the log and for people.
struct RestoreReport {
  std::vector<std::string> kept;     // goes on
  std::vector<std::string> fresh;    // not in the checkpoint: begins empty
  std::vector<std::string> dropped;  // had state and is not in the plan

  friend bool operator==(const RestoreReport&, const RestoreReport&) = default;
};

}  // namespace millrace
