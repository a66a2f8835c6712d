#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/memory_budget.h"
#include "taskmanager/data_plane.h"
#include "taskmanager/task_manager.h"
#include "tests/sim/nodes/node.h"

namespace millrace::sim {

// A TaskManager, which is called as its host.
class TaskManagerNode final : public Node {
 public:
  // Errors are its disk's.
  static absl::StatusOr<std::unique_ptr<TaskManagerNode>> Open(
      const Site* site, std::string host, int64_t life);
  ~TaskManagerNode() override;

  void Terminate() { task_manager_->Terminate(); }
  bool has_ended() const override {
    return task_manager_->outcome().has_value();
  }

 private:
  using Node::Node;
  absl::Status Start();

  static constexpr int64_t kMemoryBytes = int64_t{256} << 20;
  // Small, so that senders wait for credit again and again.
  static constexpr int64_t kRingBytes = 1 << 10;
  static constexpr int64_t kWindowBytes = 1 << 12;

  MemoryBudget memory_{kMemoryBytes};
  std::unique_ptr<DataPlane> data_plane_;
  std::unique_ptr<Executor> background_;
  std::unique_ptr<TaskManager> task_manager_;
};

}  // namespace millrace::sim
