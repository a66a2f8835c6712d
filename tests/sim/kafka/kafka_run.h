#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::sim {

// Kinds of faults that a run may be without, to find out which of them make it
// fail.
enum class KafkaFault {
  kKills,        // Between two events, and at steps of the protocol.
  kPauses,       // Of processes, which are zombies when they wake.
  kLink,         // Requests and answers that are lost, late, doubled.
  kBrokers,      // Coordinators and leaders that are away.
  kOutage,       // Everything away for longer than all time-outs.
  kStaleReads,   // Leaders that were cut off and are still read from.
  kCompaction,
  kGrowth,       // Of the output's partitions.
  kRescale,
  kRewind,       // Begun anew from a checkpoint that is not the last.
  kClaim,        // The same by another job.
  kJobManager,   // Words and outcomes that get lost.
  kMarkerLoss,   // All markers of an id: the job must stop and say so.
};
inline constexpr int kKafkaFaultCount = 13;
const char* NameOf(KafkaFault fault);

// What one seed came to.
struct KafkaOutcome {
  std::vector<std::string> wrong;  // Empty: it passed.
  bool stopped = false;  // As it must where a marker was lost.
  int64_t records = 0;
  int64_t checkpoints = 0;
  int64_t attempts = 0;
  int64_t simulated_ms = 0;
  std::map<std::string, int64_t> faults;
  std::map<std::string, int64_t> kill_steps;
};

// Runs the job that `seed` stands for against the model of Kafka, all of it in
// this thread, with the faults whose bit (1 << fault) is not in `without`.
KafkaOutcome RunKafka(uint64_t seed, uint32_t without = 0);

}  // namespace millrace::sim
