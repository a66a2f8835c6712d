#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "jobmanager/cluster/dispatcher.h"
#include "state/storage/local_object_store.h"
#include "tests/sim/nodes/node.h"

namespace millrace::sim {

// A JobManager that runs for the lead, by its lease alone.
class JobManagerNode final : public Node {
 public:
  static constexpr int kPort = 6123;

  // Errors are its disk's.
  static absl::StatusOr<std::unique_ptr<JobManagerNode>> Open(
      const Site* site, std::string host, int64_t life);
  ~JobManagerNode() override;

  JobGateway& gateway() { return *dispatcher_; }
  // As anybody sees it.
  bool leads() const { return dispatcher_->View()->leads; }
  // It is told to end, and leaves the lead to another first.
  void Resign();
  bool has_ended() const override;

 private:
  using Node::Node;
  absl::Status Start();

  std::unique_ptr<LocalObjectStore> plans_;
  std::unique_ptr<Dispatcher> dispatcher_;
  int64_t resigns_until_nanos_ = INT64_MAX;
};

}  // namespace millrace::sim
