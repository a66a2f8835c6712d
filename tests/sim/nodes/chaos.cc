#include "tests/sim/nodes/chaos.h"

namespace millrace::sim {
namespace {

// Storms with calms between them, in which the job may come some way.
constexpr int64_t kStorm = 6'000 * kMs;
constexpr int64_t kCalm = 14'000 * kMs;
constexpr int64_t kMostShortPause = 3'000 * kMs;
constexpr int64_t kLongestPause = 70'000 * kMs;
constexpr int64_t kMostPartition = 20'000 * kMs;
constexpr int64_t kMostSlow = 10'000 * kMs;
constexpr int64_t kWallStep = 3'600'000 * kMs;

}  // namespace

void Chaos::Strike() {
  const int64_t now = site_.scheduler->clock().nanos();
  if (now % (kStorm + kCalm) > kStorm) return;
  Kills();
  Pauses();
  Partitions();
  if (site_.faults->Roll(Fault::kClockStep)) {
    site_.scheduler->clock().StepWall(
        site_.scheduler->Jitter(2 * kWallStep) - kWallStep);
  }
  Node* const slow = AnyNode();
  if (slow != nullptr && site_.faults->Roll(Fault::kSlowDisk)) {
    slow->process()->slow_until_nanos = site_.scheduler->clock().nanos() +
                                        site_.scheduler->Jitter(kMostSlow);
  }
}

bool Chaos::Blow(Fault fault) {
  if (!site_.faults->Roll(fault)) return false;
  ++blows_;
  return true;
}

Node* Chaos::AnyNode() {
  std::vector<Node*> nodes;
  for (Node* const node : fleet_.job_managers()) nodes.push_back(node);
  for (Node* const node : fleet_.task_managers()) nodes.push_back(node);
  if (nodes.empty()) return nullptr;
  return nodes[site_.faults->rng().Below(nodes.size())];
}

TaskManagerNode* Chaos::AnyTaskManager() {
  const auto nodes = fleet_.task_managers();
  if (nodes.empty()) return nullptr;
  return nodes[site_.faults->rng().Below(nodes.size())];
}

void Chaos::Kills() {
  if (Blow(Fault::kPowerCut)) fleet_.PowerCut();
  if (TaskManagerNode* node = AnyTaskManager();
      node != nullptr && Blow(Fault::kKillTaskManager)) {
    fleet_.Kill(node->process());
  }
  if (TaskManagerNode* node = AnyTaskManager();
      node != nullptr && Blow(Fault::kReplaced)) {
    fleet_.Replace(*node);
  }
  if (TaskManagerNode* node = AnyTaskManager();
      node != nullptr && Blow(Fault::kDrained)) {
    node->Terminate();
  }
  if (JobManagerNode* node = fleet_.leader();
      node != nullptr && Blow(Fault::kKillMaster)) {
    fleet_.Kill(node->process());
  }
  if (JobManagerNode* node = fleet_.leader();
      node != nullptr && Blow(Fault::kResigned)) {
    node->Resign();
  }
}

void Chaos::Pauses() {
  Scheduler& scheduler = *site_.scheduler;
  if (Node* node = AnyNode(); node != nullptr && Blow(Fault::kPause)) {
    fleet_.Pause(*node, scheduler.Jitter(kMostShortPause));
  }
  if (Node* node = AnyNode(); node != nullptr && Blow(Fault::kLongPause)) {
    fleet_.Pause(*node, scheduler.Jitter(kLongestPause));
  }
  if (JobManagerNode* node = fleet_.leader();
      node != nullptr && Blow(Fault::kLeaderPause)) {
    const int64_t lease = site_.scenario->lease_ms * kMs;
    fleet_.Pause(*node, lease + scheduler.Jitter(2 * lease));
  }
}

std::vector<std::string> Chaos::Hosts() {
  std::vector<std::string> hosts;
  for (const Node* node : fleet_.job_managers()) hosts.push_back(node->host());
  for (const Node* node : fleet_.task_managers()) {
    hosts.push_back(node->host());
  }
  return hosts;
}

void Chaos::Partitions() {
  Scheduler& scheduler = *site_.scheduler;
  if (site_.faults->Has(Fault::kConnectionLost) &&
      Blow(Fault::kConnectionLost)) {
    site_.wire->BreakOne();
  }
  const std::vector<std::string> hosts = Hosts();
  if (hosts.size() < 2) return;
  const size_t one = site_.faults->rng().Below(hosts.size());
  size_t other = site_.faults->rng().Below(hosts.size() - 1);
  if (other >= one) ++other;
  const int64_t until =
      scheduler.clock().nanos() + scheduler.Jitter(kMostPartition);
  if (Blow(Fault::kPartition)) {
    site_.wire->Block(hosts[one], hosts[other], until);
    site_.wire->Block(hosts[other], hosts[one], until);
  }
  if (Blow(Fault::kOneWayPartition)) {
    site_.wire->Block(hosts[one], hosts[other], until);
  }
}

}  // namespace millrace::sim
