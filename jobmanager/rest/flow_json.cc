#include "jobmanager/rest/flow_json.h"

namespace millrace {

void WriteFlow(const FlowCounts& flow, bool complete, JsonWriter& out) {
  out.BeginObject()
      .Field("read-bytes", flow.bytes_in)
      .Field("read-bytes-complete", complete)
      .Field("write-bytes", flow.bytes_out)
      .Field("write-bytes-complete", complete)
      .Field("read-records", flow.rows_in)
      .Field("read-records-complete", complete)
      .Field("write-records", flow.rows_out)
      .Field("write-records-complete", complete)
      .Field("accumulated-backpressured-time", flow.back_pressured_ms)
      .Field("accumulated-idle-time", flow.idle_ms)
      .Field("accumulated-busy-time", flow.busy_ms)
      .EndObject();
}

}  // namespace millrace
