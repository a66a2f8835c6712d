#include "cli/cluster_process.h"

#include <cstdio>
#include <random>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace millrace {

int64_t NewLife() {
  std::random_device entropy;
  return static_cast<int64_t>((uint64_t{entropy()} << 31) ^ entropy());
}

void Log(const std::string& line) {
  std::fprintf(stderr, "%s %s\n",
               absl::FormatTime("%H:%M:%E3S", absl::Now(),
                                absl::LocalTimeZone())
                   .c_str(),
               line.c_str());
}

}  // namespace millrace
