#include "cli/cluster_target.h"

#include <poll.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/interrupts.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::optional<std::string>> FindTarget(
    const std::string& target, const JobArguments& arguments) {
  if (!target.empty()) return target;
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  const auto address = config.find("rest.address");
  if (address == config.end() || address->second.empty()) return std::nullopt;
  const auto port = config.find("rest.port");
  return absl::StrCat("http://", address->second,
                      port == config.end() ? "" : ":",
                      port == config.end() ? "" : port->second);
}

absl::StatusOr<ClusterClient> ConnectTo(const std::string& target) {
  ASSIGN_OR_RETURN(RestClient rest, RestClient::Make(target));
  return ClusterClient(std::move(rest));
}

ClusterTerminal ThisTerminal() {
  return {
      .say =
          [](absl::string_view line) {
            std::fwrite(line.data(), 1, line.size(), stdout);
            std::fputc('\n', stdout);
            std::fflush(stdout);
          },
      // A signal ends it early, which is what is wanted.
      .pause =
          [](absl::Duration time) {
            poll(nullptr, 0,
                 static_cast<int>(absl::ToInt64Milliseconds(time)));
          },
      .interrupted = Interrupted};
}

std::string ClusterPath(const std::string& path) {
  if (path.empty() || absl::StrContains(path, "://")) return path;
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace millrace
