#pragma once

#include "jobmanager/rest/rest_page.h"

namespace millrace {

// Pages about the cluster and its JobManager.

RestResponse ConfigPage(const PageContext& context);    // GET /config
RestResponse OverviewPage(const PageContext& context);  // GET /overview
// GET /jobmanager/config: [{key,value}], secrets hidden.
RestResponse JobManagerConfigPage(const PageContext& context);
// GET /jobmanager/metrics[?get=a,b]
RestResponse JobManagerMetricsPage(const PageContext& context);

RestResponse HealthPage(const PageContext& context);  // GET /healthz: it lives.
// GET /readyz: 200 where it leads, so that what asks it is answered; else 503.
RestResponse ReadyPage(const PageContext& context);

}  // namespace millrace
