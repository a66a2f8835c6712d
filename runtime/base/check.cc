#include "runtime/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace millrace {

void CheckFailed(const char* condition, const char* file, int line,
                 absl::string_view note) {
  std::fprintf(stderr, "%s:%d: check failed: %s%s%.*s\n", file, line, condition,
               note.empty() ? "" : ": ", static_cast<int>(note.size()),
               note.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace millrace
