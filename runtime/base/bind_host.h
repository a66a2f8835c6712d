#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Whether only processes of this machine reach it. An IPv6 address may stand in
// brackets.
bool IsLoopback(absl::string_view host);

// CFG-0043: `host`, the value of `key`, can be reached from elsewhere, and
// nobody has said that it may (`insecure`).
absl::Status CheckBindHost(absl::string_view key, const std::string& host,
                           bool insecure);

// "HOST:PORT"; a host that has colons of its own stands in brackets.
std::string HostWithPort(absl::string_view host, int64_t port);

}  // namespace millrace
