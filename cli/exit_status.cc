#include "cli/exit_status.h"

#include <cstdio>
#include <string>

namespace millrace {

ExitStatus ReportBadInput(const absl::Status& status) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return kExitBadInput;
}

}  // namespace millrace
