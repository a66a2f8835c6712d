#include "embedded/job_status.h"

#include <algorithm>

#include "runtime/base/event_time.h"

namespace millrace {

int64_t JobStatus::RowsIn() const {
  int64_t rows = 0;
  for (const VertexStatus& vertex : vertices) {
    if (vertex.is_source) rows += vertex.rows_in;
  }
  return rows;
}

int64_t JobStatus::RowsOut() const {
  int64_t rows = 0;
  for (const VertexStatus& vertex : vertices) {
    if (vertex.is_sink) rows += vertex.rows_in;
  }
  return rows;
}

int64_t JobStatus::WatermarkMs() const {
  int64_t least = kMaxWatermark;
  for (const VertexStatus& vertex : vertices) {
    if (vertex.is_sink) least = std::min(least, vertex.watermark_ms);
  }
  return least;
}

}  // namespace millrace
