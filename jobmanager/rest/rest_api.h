#pragma once

#include <memory>

#include "jobmanager/cluster/job_gateway.h"
#include "jobmanager/rest/asked_operations.h"
#include "jobmanager/rest/rest_message.h"
#include "jobmanager/rest/rest_page.h"
#include "runtime/base/clock.h"

namespace millrace {

// Flink's REST interface and Millrace's own beside it, without HTTP: a request
// goes by one table of routes to a page, which is made of the gateway's view,
// or to an action, which asks the gateway. Every path is there below /v1 too.
//
// Refused: an unknown path or id (404, with what is near), a method that the
// path has not (405), and all that is about jobs and TaskManagers while this
// JobManager does not lead (503).
//
// Thread-safe; nothing blocks.
class RestApi {
 public:
  // Both outlive it.
  RestApi(JobGateway* gateway, const Clock* clock, RestSettings settings);

  // Calls `respond` once, now or later, on any thread.
  void Handle(RestRequest request, Respond respond) const;

 private:
  JobGateway* const gateway_;
  const Clock* const clock_;
  const RestSettings settings_;
  const std::shared_ptr<AskedOperations> operations_;
  const std::unique_ptr<RateBook> rates_;
};

}  // namespace millrace
