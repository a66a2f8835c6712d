#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/base/rng.h"

namespace millrace::sim {

// What is simulated: one job's master with the task manager it deploys to, or
// several of both, with who leads, over a network.
enum class Kind { kOneJob, kCluster };

// Everything that can go wrong.
enum class Fault {
  kPowerCut,          // the whole machine; what was not synced is lost
  kKillProcess,       // master and task manager at once, files stay
  kKillTaskManager,   // the master finds out later
  kKillMaster,        // the task manager runs on for a while: a zombie
  kTwoMasters,        // another begins though the old one lives on for a while
  kFailpointKill,     // the process dies at a named point
  kFailpointError,    // a named point fails
  kDropTrigger,       // a message that never comes
  kDropComplete,
  kDropAbort,
  kDropAck,
  kRepeatComplete,    // one that comes twice
  kRepeatAck,
  kSlowMessage,       // one that comes seconds late, behind others
  kStoreUnavailable,  // the object store refuses
  kStoreAmbiguous,    // it says so, but did it
  kHaUnavailable,     // the same of the small records
  kHaUnknown,
  kTableUnavailable,  // the table that the output goes to refuses
  kTableAmbiguous,
  kDiskError,         // EIO at a write or a sync
  kClockStep,         // somebody sets the wall clock
  kPause,             // a process stands still for seconds
  kRescale,           // started again with another parallelism
  kAskSavepoint,      // a person wants a savepoint, or a checkpoint at once
  // Of a cluster alone.
  kConnectionLost,    // a conversation breaks
  kPartition,         // two hosts do not reach one another
  kOneWayPartition,   // one does not reach the other
  kMessageRepeated,   // a message of control comes twice
  kLeaderPause,       // the leader stands still for longer than its lease
  kLongPause,         // a process stands still for up to 70 s
  kSlowDisk,          // stores take seconds
  kReplaced,          // a task manager is gone for good, another comes
  kDrained,           // a task manager is told to end
  kResigned,          // the leader is told to end, and gives the lead up
  kStopAsked,         // a person stops a job with a savepoint, and goes on
  kCancelAsked,       // a person cancels a job, and has it go on
  kForked,            // a person lets another job begin from a savepoint, too
  kCount
};
inline constexpr int kFaultKinds = static_cast<int>(Fault::kCount);
inline constexpr int kOneJobFaults = static_cast<int>(Fault::kConnectionLost);

// Whether a fault is one of that kind.
bool IsOf(Kind kind, Fault fault);

absl::string_view NameOf(Fault fault);

// What a seed stands for. Swarm testing (Groce et al. 2012): each seed has only
// a random half of the faults, so that one kind does not hide another.
struct Scenario {
  // The simulated table, or the real sinks into files of the model disk.
  enum class Sink { kTable, kChangelog, kFiles };

  Kind kind = Kind::kOneJob;
  uint64_t seed = 0;
  int job = 0;  // Index into Jobs().
  int splits = 3;
  int rows_per_split = 200;
  int keys = 10;
  std::vector<int> parallelisms;  // In turn, with each rescale or life.
  int workers = 2;
  int64_t interval_ms = 50;
  bool stores_on_disk = false;  // Real stores over a model disk, or models.
  bool only_changes = true;  // Snapshots hold only what has changed.
  int64_t inline_limit_bytes = 0;  // Larger snapshots are files.
  Sink sink = Sink::kTable;
  // Chance of each fault each time it could happen; 0: this seed has it not.
  std::array<double, kFaultKinds> rates = {};
  // A failpoint to die at, and at the how-manieth time it is reached.
  int failpoint = 0;
  int failpoint_hit = 1;
  // Of a cluster.
  int task_managers = 1;
  int slots = 1;  // Of each.
  int64_t lease_ms = 0;
  // Whether the job comes to its end while faults go on, perhaps.
  bool ends_in_storm = false;
  // Jobs that have nothing to do with one another.
  int jobs_at_once = 1;
  std::vector<bool> on_rocksdb;  // Where state lies, in turn with each life.
  // Jobs end by being drained, not by the end of their input.
  bool drains = false;
  // At most so often is a job stopped, or cancelled, to go on in another.
  int most_turns = 0;

  static Scenario Of(Kind kind, uint64_t seed);
  // One line, for a person.
  std::string ToString() const;

 private:
  void ChooseCluster(Rng& rng);
  void ChooseLives(Rng& rng, int most_parallelism);
};

// Rolls the dice for faults and counts those that happened. None happens after
// Heal.
class FaultBook {
 public:
  FaultBook(const Scenario& scenario)
      : rng_(scenario.seed * 7 + 3), rates_(scenario.rates) {}

  bool Roll(Fault fault);
  void Count(Fault fault) { ++counts_[static_cast<int>(fault)]; }
  void Heal() { healed_ = true; }
  bool healed() const { return healed_; }
  bool Has(Fault fault) const {
    return !healed_ && rates_[static_cast<int>(fault)] > 0;
  }

  int64_t total() const;
  const std::array<int64_t, kFaultKinds>& counts() const { return counts_; }
  Rng& rng() { return rng_; }

 private:
  Rng rng_;
  std::array<double, kFaultKinds> rates_;
  std::array<int64_t, kFaultKinds> counts_ = {};
  bool healed_ = false;
};

}  // namespace millrace::sim
