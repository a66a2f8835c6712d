#pragma once

#include <cstdint>

namespace millrace {

// Whether a batch of keys can be reached now. A collection that is wholly in
// memory always says kReady.
enum class StateAccess : uint8_t {
  kReady,
  kPending,  // Being read; the operator returns Progress::kNeedsState.
};

}  // namespace millrace
