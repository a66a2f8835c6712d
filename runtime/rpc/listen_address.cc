#include "runtime/rpc/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/bind_host.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

struct Keys {
  absl::string_view port;
  absl::string_view host;
};

Keys KeysOf(Network::Topic topic) {
  if (topic == Network::Topic::kControl) {
    return {.port = "jobmanager.rpc.port", .host = "jobmanager.bind-host"};
  }
  return {.port = "taskmanager.data.port", .host = "taskmanager.bind-host"};
}

absl::Status NoSuchHost(const ListenAddress& where, const Keys& keys,
                        absl::string_view why) {
  return UserError({.code = "CFG-0041",
                    .what = absl::StrCat("'", where.host,
                                         "' is no address of this machine"),
                    .where = where.ToString(),
                    .why = std::string(why),
                    .fix = absl::StrCat("Set ", keys.host,
                                        " to 127.0.0.1, or to an address that "
                                        "`ip address` shows.")});
}

absl::Status PortTaken(const ListenAddress& where, const Keys& keys,
                       int error) {
  const std::string why =
      error == EADDRINUSE ? "another process listens there"
      : error == EACCES   ? "ports below 1024 are not for every user"
                          : std::string(std::strerror(error));
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "CFG-0042",
       .what = absl::StrCat("port ", where.port, " cannot be listened at"),
       .where = where.ToString(),
       .why = why,
       .fix = absl::StrCat("Stop that process (`ss -ltnp` shows it), or set ",
                           keys.port, " to a free port.")});
}

// 0, or what errno says of it.
int TryListen(const addrinfo& at) {
  const int fd = socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const bool listens =
      bind(fd, at.ai_addr, at.ai_addrlen) == 0 && listen(fd, 1) == 0;
  const int error = listens ? 0 : errno;
  close(fd);
  return error;
}

}  // namespace

std::string ListenAddress::ToString() const {
  return HostWithPort(host, port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  ListenAddress parsed;
  bool is_one = colon != absl::string_view::npos && colon > 0 &&
                absl::SimpleAtoi(address.substr(colon + 1), &parsed.port) &&
                parsed.port >= 0 && parsed.port <= 65535;
  if (is_one) {
    absl::string_view host = address.substr(0, colon);
    const bool bracketed = host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    is_one = !host.empty() && bracketed == absl::StrContains(host, ':');
    parsed.host = std::string(host);
  }
  if (is_one) return parsed;
  return UserError({.code = "CFG-0040",
                    .what = absl::StrCat("'", address, "' is no address"),
                    .where = {},
                    .why = {},
                    .fix = "Write HOST:PORT, as in 127.0.0.1:6123."});
}

absl::Status CheckCanListen(const ListenAddress& where, Network::Topic topic) {
  const Keys keys = KeysOf(topic);
  addrinfo wanted = {};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int looked_up =
      getaddrinfo(where.host.c_str(), absl::StrCat(where.port).c_str(), &wanted,
                  &found);
  if (looked_up != 0) return NoSuchHost(where, keys, gai_strerror(looked_up));
  int error = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    error = TryListen(*at);
    if (error == 0) break;
  }
  freeaddrinfo(found);
  if (error == 0) return absl::OkStatus();
  if (error == EADDRNOTAVAIL) {
    return NoSuchHost(where, keys, "no interface has it");
  }
  return PortTaken(where, keys, error);
}

}  // namespace millrace
