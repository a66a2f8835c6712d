#pragma once

#include "jobmanager/rest/job_shape.h"
#include "jobmanager/rest/json_writer.h"
#include "jobmanager/rest/rest_page.h"

namespace millrace {

// Pages that list jobs, and the short ones about one of them.

RestResponse JobsPage(const PageContext& context);          // GET /jobs
RestResponse JobsOverviewPage(const PageContext& context);  // .../overview
RestResponse JobStatusPage(const PageContext& context);     // .../:jobid/status
RestResponse JobConfigPage(const PageContext& context);     // .../:jobid/config
RestResponse JobPlanPage(const PageContext& context);       // .../:jobid/plan
// GET /jobs/:jobid/metrics[?get=a,b]
RestResponse JobMetricsPage(const PageContext& context);
// GET /jobs/:jobid/execution-result
RestResponse ExecutionResultPage(const PageContext& context);
// GET /jobs/:jobid/exceptions[?maxExceptions=n]
RestResponse ExceptionsPage(const PageContext& context);

// GET /millrace/v1/jobs/:jobid: all that a client shows which follows the job,
// in one answer.
RestResponse FollowPage(const PageContext& context);

// The value {jid,name,type,nodes[...]} of a "plan".
void WritePlan(const JobView& job, const JobShape& shape, JsonWriter& out);

}  // namespace millrace
