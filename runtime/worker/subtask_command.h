#pragma once

#include <variant>

#include "runtime/base/strong_int.h"
#include "runtime/operators/source_command.h"

namespace millrace {

// What the job's master tells a subtask, taken in the order of sending. The
// commands of a source go to its input; triggers, drains and the others concern
// every subtask.

// The checkpoint is the job's latest: what it sealed is to be committed. May
// come late, twice, or not at all: the next one stands for it.
struct CompleteCommand {
  CheckpointId checkpoint;
  // No row will ever follow: the subtask ends when all is committed.
  bool final = false;
};

// The checkpoint will never complete.
struct AbortCommand {
  CheckpointId checkpoint;
};

using SubtaskCommand = std::variant<SplitCommand, TriggerCommand, DrainCommand,
                                    CompleteCommand, AbortCommand>;

}  // namespace millrace
