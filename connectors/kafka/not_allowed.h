#pragma once

#include <string>

#include "absl/status/status.h"
#include "connectors/kafka/client/client_handle.h"

namespace millrace::kafka {

// SRC-0306 (kUnavailable): the brokers do not let this client read `topic`.
// `why`: the library's error. Whoever manages them can change that while the
// job tries again, and is told by what command.
absl::Status NotAllowed(const ClientHandle& client, const std::string& topic,
                        std::string where, int why);

}  // namespace millrace::kafka
