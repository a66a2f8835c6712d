#include "tests/sim/nodes/fleet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

template <typename T>
std::vector<T*> Those(const std::map<std::string, std::unique_ptr<Node>>& in) {
  std::vector<T*> found;
  for (const auto& [host, node] : in) {
    T* const one = dynamic_cast<T*>(node.get());
    if (one != nullptr && one->process()->alive) found.push_back(one);
  }
  return found;
}

}  // namespace

Fleet::~Fleet() {
  over_ = true;
  for (const auto& [host, node] : nodes_) node->process()->alive = false;
  site_.scheduler->DropDead();
  nodes_.clear();
  dead_.clear();
}

void Fleet::Start() {
  StartHost("jm-a");
  StartHost("jm-b");
  for (int i = 0; i < site_.scenario->task_managers; ++i) {
    StartHost(absl::StrCat("tm-", ++task_managers_));
  }
}

absl::StatusOr<std::unique_ptr<Node>> Fleet::Open(const std::string& host) {
  const int64_t life = ++lives_;
  if (absl::StartsWith(host, "jm-")) {
    return JobManagerNode::Open(&site_, host, life);
  }
  return TaskManagerNode::Open(&site_, host, life);
}

void Fleet::StartHost(const std::string& host) {
  if (over_ || nodes_.contains(host)) return;
  absl::StatusOr<std::unique_ptr<Node>> node = Open(host);
  if (!node.ok()) {
    site_.scheduler->Trace(
        absl::StrCat(host, " does not start: ", node.status().ToString()));
    StartLater(host);
    return;
  }
  site_.scheduler->Trace(absl::StrCat(host, " starts"));
  nodes_[host] = *std::move(node);
}

void Fleet::StartLater(const std::string& host) {
  site_.scheduler->Post(nullptr, site_.scheduler->Jitter(kMostDownNanos),
                        [this, host] { StartHost(host); });
}

std::vector<JobManagerNode*> Fleet::job_managers() {
  return Those<JobManagerNode>(nodes_);
}

std::vector<TaskManagerNode*> Fleet::task_managers() {
  return Those<TaskManagerNode>(nodes_);
}

std::vector<JobManagerNode*> Fleet::leaders() {
  std::vector<JobManagerNode*> those = job_managers();
  std::erase_if(those, [](JobManagerNode* node) { return !node->leads(); });
  return those;
}

JobManagerNode* Fleet::leader() {
  const std::vector<JobManagerNode*> those = leaders();
  return those.empty() ? nullptr : those.front();
}

void Fleet::Remove(Node& node) {
  site_.scheduler->Trace(absl::StrCat(node.process()->name, " dies"));
  node.process()->alive = false;
  site_.wire->OnDeath(node.process());
  auto found = nodes_.extract(node.host());
  dead_.push_back(std::move(found.mapped()));
}

void Fleet::Kill(const ProcessRef& process) {
  for (const auto& [host, node] : nodes_) {
    if (node->process() != process) continue;
    StartLater(host);
    Remove(*node);
    return;
  }
}

void Fleet::Replace(TaskManagerNode& node) {
  Remove(node);
  StartLater(absl::StrCat("tm-", ++task_managers_));
}

void Fleet::Pause(Node& node, int64_t nanos) {
  site_.scheduler->Trace(absl::StrCat(node.process()->name,
                                      " stands still for ",
                                      nanos / 1'000'000, " ms"));
  const int64_t now = site_.scheduler->clock().nanos();
  const int64_t until = std::max(node.process()->paused_until_nanos, now);
  nanos = std::max<int64_t>(now + nanos - until, 0);
  node.process()->paused_until_nanos = until + nanos;
  if (site_.scheduler->rng().Below(2) == 0) node.Suspend(nanos);
  site_.wire->OnPause(node.process());
}

void Fleet::PowerCut() {
  while (!nodes_.empty()) Kill(nodes_.begin()->second->process());
  site_.machine->PowerCut();
}

void Fleet::Reap() {
  for (const auto& [host, node] : nodes_) {
    if (!node->has_ended()) continue;
    Kill(node->process());
    break;
  }
  if (dead_.empty()) return;
  site_.scheduler->DropDead();
  for (const auto& node : dead_) fenced_ += node->Fenced();
  dead_.clear();
}

}  // namespace millrace::sim
