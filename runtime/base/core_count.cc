#include "runtime/base/core_count.h"

#include <sched.h>

#include <algorithm>

namespace millrace {

int CoreCount() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  return std::max(1, CPU_COUNT(&allowed));
}

}  // namespace millrace
