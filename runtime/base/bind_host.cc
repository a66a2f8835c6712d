#include "runtime/base/bind_host.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" ||
         absl::StartsWith(host, "127.");
}

absl::Status CheckBindHost(absl::string_view key, const std::string& host,
                           bool insecure) {
  if (insecure || IsLoopback(host)) return absl::OkStatus();
  return UserError(
      {.code = "CFG-0043",
       .what = absl::StrCat("'", host, "' can be reached from other machines"),
       .where = std::string(key),
       .why = "whoever reaches it may do everything, and nothing is encrypted",
       .fix = "Set 127.0.0.1, or allow it with --insecure where the network "
              "keeps others out."});
}

std::string HostWithPort(absl::string_view host, int64_t port) {
  const bool is_bare_v6 =
      absl::StrContains(host, ':') && !absl::StartsWith(host, "[");
  return is_bare_v6 ? absl::StrCat("[", host, "]:", port)
                    : absl::StrCat(host, ":", port);
}

}  // namespace millrace
