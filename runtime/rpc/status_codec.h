#pragma once

#include "absl/status/status.h"
#include "proto/cluster.pb.h"

namespace millrace {

// A status with its code, its message and its payloads, the error code among
// them. A code that is none becomes kUnknown.
void WriteStatus(const absl::Status& status, proto::Status& to);
absl::Status ReadStatus(const proto::Status& from);

}  // namespace millrace
