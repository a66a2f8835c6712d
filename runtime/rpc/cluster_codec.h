#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// The messages of a cluster as the bytes of proto/cluster.proto. What was
// encoded is decoded as it was; bytes from elsewhere give kInvalidArgument,
// never a crash. A status keeps its code, message and error code.
std::string Encode(const to_job_manager::Message& message);
std::string Encode(const to_task_manager::Message& message);
absl::StatusOr<to_job_manager::Message> DecodeToJobManager(
    absl::string_view bytes);
absl::StatusOr<to_task_manager::Message> DecodeToTaskManager(
    absl::string_view bytes);

}  // namespace millrace
