#pragma once

#include <memory>

#include "state/operator_backend.h"

namespace millrace {

// For a job that keeps no checkpoints. Snapshots are taken all the same, for
// sinks seal their output in them, and nothing of them is kept.
std::unique_ptr<OperatorBackend> NewDiscardingBackend(
    const BackendPlace& place);

}  // namespace millrace
