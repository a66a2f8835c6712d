#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// What a JobManager and a TaskManager have in common as processes.

// Tells this process from every other, one under the same name before it too.
int64_t NewLife();

// What a TaskManager registers as, and a JobManager takes in: `version` with
// the format of rows between TaskManagers, as in "0.1.0+data.2".
std::string VersionInCluster(absl::string_view version);

// Tells the running kernel from every other: processes of one see one another's
// locks. Empty where it cannot be told.
std::string HostIdentity();

// What a JobManager is called in its metrics: of jobmanager.rpc.address, which
// may name several as HOST[:PORT], the host that this one, listening at `port`,
// is reached by; where that cannot be told, the address that it listens at.
std::string OwnHost(absl::string_view addresses, absl::string_view bind_host,
                    int port);

// A line on standard error, behind the time of day.
void Log(const std::string& line);

}  // namespace millrace
