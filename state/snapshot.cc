#include "state/snapshot.h"

namespace millrace {

KeyGroupRange KeyGroupsOf(SubtaskIndex subtask, int parallelism,
                          int max_parallelism) {
  // A group g goes to the subtask g * parallelism / max_parallelism, as rows
  // do at an exchange; these are the bounds of that.
  const auto bound = [&](int64_t index) {
    return KeyGroup(static_cast<int32_t>(
        (index * max_parallelism + parallelism - 1) / parallelism));
  };
  return {.first = bound(subtask.value()), .limit = bound(subtask.value() + 1)};
}

}  // namespace millrace
