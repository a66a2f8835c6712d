#pragma once

#include <memory>

#include "jobmanager/cluster/job_gateway.h"
#include "jobmanager/rest/asked_operations.h"
#include "jobmanager/rest/rest_page.h"

namespace millrace {

// Requests that change something, or that look at what was asked for.

struct ActionContext {
  JobGateway* gateway;
  // Held by answers under way too, which may come when the server has gone.
  std::shared_ptr<AskedOperations> operations;
};

// Calls `respond` once, now or when the gateway has answered.
using Action = void (*)(const ActionContext& actions,
                        const PageContext& context, Respond respond);

// POST /millrace/v1/jobs: 202 {"jobid"}
void SubmitAction(const ActionContext&, const PageContext&, Respond);
// POST /jobs: 400, which says what to do instead.
void JavaGraphAction(const ActionContext&, const PageContext&, Respond);

// PATCH /jobs/:jobid?mode=cancel and GET /jobs/:jobid/yarn-cancel: 202
void CancelAction(const ActionContext&, const PageContext&, Respond);

// POST /jobs/:jobid/{savepoints,stop,checkpoints}: 202 {"request-id"}. The same
// triggerId again is the same request.
void SavepointAction(const ActionContext&, const PageContext&, Respond);
void StopAction(const ActionContext&, const PageContext&, Respond);
void CheckpointAction(const ActionContext&, const PageContext&, Respond);

// GET /jobs/:jobid/{savepoints,checkpoints}/:triggerid
void SavepointOutcomeAction(const ActionContext&, const PageContext&, Respond);
void CheckpointOutcomeAction(const ActionContext&, const PageContext&,
                             Respond);

}  // namespace millrace
