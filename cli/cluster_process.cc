#include "cli/cluster_process.h"

#include <cstdio>
#include <fstream>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/data_format.h"

namespace millrace {

int64_t NewLife() {
  std::random_device entropy;
  return static_cast<int64_t>((uint64_t{entropy()} << 31) ^ entropy());
}

std::string VersionInCluster(absl::string_view version) {
  return absl::StrCat(version, "+data.", kDataFormat);
}

std::string HostIdentity() {
  // Of each start of a machine another one.
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string identity;
  file >> identity;
  return identity;
}

std::string OwnHost(absl::string_view addresses, absl::string_view bind_host,
                    int port) {
  const std::vector<absl::string_view> all = absl::StrSplit(addresses, ',');
  std::vector<std::string> own;
  for (const absl::string_view address : all) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(absl::StripAsciiWhitespace(address),
                       absl::MaxSplits(':', 1));
    int of = port;
    const bool fits = parts.second.empty() ||
                      (absl::SimpleAtoi(parts.second, &of) && of == port);
    if (parts.first == bind_host && fits) return std::string(bind_host);
    if (fits || all.size() == 1) own.emplace_back(parts.first);
  }
  return own.size() == 1 ? own[0] : std::string(bind_host);
}

void Log(const std::string& line) {
  std::fprintf(stderr, "%s %s\n",
               absl::FormatTime("%H:%M:%E3S", absl::Now(),
                                absl::LocalTimeZone())
                   .c_str(),
               line.c_str());
}

}  // namespace millrace
