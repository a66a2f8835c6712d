#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/nodes/job_manager_node.h"
#include "tests/sim/nodes/site.h"
#include "tests/sim/nodes/task_manager_node.h"

namespace millrace::sim {

// The processes of a simulated cluster, by host: two JobManagers "jm-a" and
// "jm-b", and TaskManagers "tm-1", "tm-2", ... Each that ends is started again
// after a while, as by Kubernetes.
class Fleet {
 public:
  // How long a host has no process at most.
  static constexpr int64_t kMostDownNanos = 3'000'000'000;

  explicit Fleet(const Site* site) : site_(*site) {}
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  void Start();
  // None is started any more.
  void End() { over_ = true; }

  // Those that live.
  std::vector<JobManagerNode*> job_managers();
  std::vector<TaskManagerNode*> task_managers();
  // Those that believe that they lead; there may be two.
  std::vector<JobManagerNode*> leaders();
  // One of them; null: there is none.
  JobManagerNode* leader();

  void Kill(const ProcessRef& process);
  // Another host takes its place, and its name is never heard again.
  void Replace(TaskManagerNode& node);
  void Pause(Node& node, int64_t nanos);
  void PowerCut();

  // Forgets the dead, and those that have ended.
  void Reap();
  int64_t fenced() const { return fenced_; }

 private:
  void StartHost(const std::string& host);
  void StartLater(const std::string& host);
  void Remove(Node& node);
  absl::StatusOr<std::unique_ptr<Node>> Open(const std::string& host);

  const Site& site_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;  // By host.
  std::vector<std::unique_ptr<Node>> dead_;
  int64_t lives_ = 0;
  int task_managers_ = 0;
  int64_t fenced_ = 0;
  bool over_ = false;
};

}  // namespace millrace::sim
