#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/nodes/fleet.h"
#include "tests/sim/nodes/site.h"

namespace millrace::sim {

// What happens to the processes of a cluster, its network, disks and clocks.
class Chaos {
 public:
  // Of what hits processes and the network a run has at least so much.
  static constexpr int64_t kLeastBlows = 3;

  // Both outlive it.
  Chaos(const Site* site, Fleet* fleet) : site_(*site), fleet_(*fleet) {}

  // How often to Strike.
  static constexpr int64_t kEveryNanos = 200'000'000;

  // Rolls the dice for each kind.
  void Strike();
  int64_t blows() const { return blows_; }

 private:
  Node* AnyNode();
  TaskManagerNode* AnyTaskManager();
  std::vector<std::string> Hosts();
  bool Blow(Fault fault);
  void Kills();
  void Pauses();
  void Partitions();

  const Site& site_;
  Fleet& fleet_;
  int64_t blows_ = 0;
};

}  // namespace millrace::sim
