#pragma once

#include "runtime/base/metrics.h"

namespace millrace {

// Where batches that pass an end of a subtask's channels are counted. Both
// null: they are not.
struct FlowCounters {
  Counter* bytes = nullptr;
  Counter* batches = nullptr;

  void Count(int64_t size_bytes) const {
    if (bytes == nullptr) return;
    bytes->Add(size_bytes);
    batches->Add(1);
  }
};

}  // namespace millrace
