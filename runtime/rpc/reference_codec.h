#pragma once

#include "proto/cluster.pb.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// What messages of either direction name attempts and subtasks by.

inline void WriteRef(const AttemptRef& attempt, proto::AttemptRef& to) {
  to.set_job_id(attempt.job_id);
  to.set_attempt(attempt.attempt);
}
inline AttemptRef ReadRef(const proto::AttemptRef& from) {
  return {.job_id = from.job_id(), .attempt = from.attempt()};
}

inline void WriteRef(const SubtaskId& subtask, proto::SubtaskRef& to) {
  to.set_vertex(subtask.vertex.value());
  to.set_index(subtask.index);
}
inline SubtaskId ReadRef(const proto::SubtaskRef& from) {
  return {.vertex = VertexId(from.vertex()), .index = from.index()};
}

// A message that is of another version, or none.
absl::Status UnreadableMessage(absl::string_view why);

}  // namespace millrace
