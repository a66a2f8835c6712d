#pragma once

#include "jobmanager/rest/rest_page.h"

namespace millrace {

// Pages that show a job's vertices.

RestResponse JobDetailPage(const PageContext& context);  // GET /jobs/:jobid

// Those below are of GET /jobs/:jobid/vertices/:vertexid: itself,
RestResponse VertexPage(const PageContext& context);
// .../metrics[?get=0.numRecordsIn],
RestResponse VertexMetricsPage(const PageContext& context);
// .../subtasks/metrics[?get=a,b&agg=sum],
RestResponse SubtaskMetricsPage(const PageContext& context);
// .../watermarks.
RestResponse WatermarksPage(const PageContext& context);

}  // namespace millrace
