#pragma once

#include <cstdint>

namespace millrace {

// A value of sixteen bytes of any type, as one load and one store.
struct Sixteen {
  uint64_t head;
  uint64_t tail;
};

}  // namespace millrace
