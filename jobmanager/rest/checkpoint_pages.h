#pragma once

#include "jobmanager/rest/rest_page.h"

namespace millrace {

// Pages about a job's checkpoints, below GET /jobs/:jobid/checkpoints: itself,
RestResponse CheckpointsPage(const PageContext& context);
// .../config,
RestResponse CheckpointConfigPage(const PageContext& context);
// .../details/:checkpointid.
RestResponse CheckpointDetailPage(const PageContext& context);

}  // namespace millrace
