#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Whether only processes of this machine reach it.
bool IsLoopback(absl::string_view host);

// CFG-0043: `host`, the value of `key`, can be reached from elsewhere, and
// nobody has said that it may.
absl::Status CheckBindHost(absl::string_view key, const std::string& host,
                           bool insecure);

}  // namespace millrace
