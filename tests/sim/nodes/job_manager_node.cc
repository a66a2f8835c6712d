#include "tests/sim/nodes/job_manager_node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace::sim {

absl::StatusOr<std::unique_ptr<JobManagerNode>> JobManagerNode::Open(
    const Site* site, std::string host, int64_t life) {
  std::unique_ptr<JobManagerNode> node(
      new JobManagerNode(site, std::move(host), life));
  RETURN_IF_ERROR(node->Start());
  return node;
}

absl::Status JobManagerNode::Start() {
  RETURN_IF_ERROR(OpenStores());
  ASSIGN_OR_RETURN(plans_, LocalObjectStore::Open(
                               stores_.disk.get(),
                               {.folder = "/ha/objects",
                                .writer = absl::StrCat("jm-", life_)}));
  ASSIGN_OR_RETURN(
      dispatcher_,
      Dispatcher::Open(
          {.network = network_.get(),
           .bind_address = absl::StrCat(host_, ":", kPort),
           .resource_id = host_,
           .life = life_,
           .lease = absl::Milliseconds(site_.scenario->lease_ms),
           .cluster = {.cluster = kClusterId,
                       .version = kVersion,
                       .hosting = {.connectors = site_.connectors,
                                   .clock = &clock_,
                                   .disk = stores_.disk.get(),
                                   .records = stores_.records.get(),
                                   .metrics = &metrics_,
                                   .config = site_.config},
                       .plans = plans_.get(),
                       .new_job_id = [] { return std::string(); },
                       .log =
                           [this](const std::string& line) {
                             site_.scheduler->Trace(
                                 absl::StrCat(host_, ": ", line));
                           }},
           .one_thread = &threads_}));
  dispatcher_->Campaign();
  return absl::OkStatus();
}

void JobManagerNode::Resign() {
  if (resigns_until_nanos_ != INT64_MAX) return;
  resigns_until_nanos_ = site_.scheduler->clock().nanos() +
                         absl::ToInt64Nanoseconds(Dispatcher::kResignLimit);
  site_.scheduler->Trace(absl::StrCat(host_, " is told to end"));
  dispatcher_->BeginResign();
}

bool JobManagerNode::has_ended() const {
  return resigns_until_nanos_ != INT64_MAX &&
         (dispatcher_->has_resigned() ||
          site_.scheduler->clock().nanos() > resigns_until_nanos_);
}

JobManagerNode::~JobManagerNode() {
  site_.scheduler->RunAs(process_, [this] { dispatcher_.reset(); });
}

}  // namespace millrace::sim
