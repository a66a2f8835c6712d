#pragma once

#include "jobmanager/rest/job_shape.h"
#include "jobmanager/rest/json_writer.h"

namespace millrace {

// The value of "metrics" of a vertex or a subtask: {"read-bytes":...}.
// `complete`: every subtask has reported.
void WriteFlow(const FlowCounts& flow, bool complete, JsonWriter& out);

}  // namespace millrace
