#pragma once

#include "absl/functional/function_ref.h"
#include "runtime/base/executor.h"

namespace millrace {

// Calls turn(0) to turn(count - 1), each once and in any order: on this thread,
// and on those of `helpers` (may be null) that have time meanwhile. Returns
// when all have ended, and never waits for a helper to begin: so it may be
// called by one of them. Turns share nothing that either of them changes.
void RunSharedLoop(Executor* helpers, int count,
                   absl::FunctionRef<void(int)> turn);

}  // namespace millrace
