#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/network.h"

namespace millrace {

// "HOST:PORT" in its parts; an IPv6 host stands in brackets.
struct ListenAddress {
  std::string host;  // Without brackets.
  int port = 0;

  std::string ToString() const;
};

// CFG-0040: it is none.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view address);

// Whether a process can listen there now, found out by doing it. Named in the
// words of the configuration: kInvalidArgument, CFG-0041: no such host on this
// machine; kUnavailable, CFG-0042: the port is taken, or not for everybody.
// Looks the host up, which may block.
absl::Status CheckCanListen(const ListenAddress& where, Network::Topic topic);

}  // namespace millrace
