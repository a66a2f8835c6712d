#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/kafka/kafka_cluster.h"

namespace millrace::sim {

// What a job meant to write, and whether a topic has it: of each key and
// generation every record once, in order.
//
// A generation is what begins when somebody starts the job from a place that is
// not its last: what the one before wrote beyond that place stays, and is
// written again by the next.
class OutputLedger {
 public:
  using Positions = std::map<int, int64_t>;  // Of keys: their last record.

  // Generation `generation` begins behind `from`; the one before it, of which
  // `from` is a checkpoint, has to be there up to it, and before it.
  void Begin(int generation, const Positions& from);
  // The newest generation has ended here.
  void End(const Positions& to) { end_ = to; }

  static std::string KeyOf(int key);
  static std::string ValueOf(int generation, int64_t number);

  // Everything that is wrong with what was committed to `topic`, a line each;
  // empty: nothing. Of a job that stopped on the way nothing has to be there.
  std::vector<std::string> Check(KafkaCluster& cluster,
                                 const std::string& topic,
                                 bool has_stopped = false) const;
  // Records that are to be there at least.
  int64_t expected() const;

 private:
  struct Seen {
    int generation = 0;
    int64_t number = 0;
  };
  void CheckKey(int key, const std::vector<Seen>& seen, bool has_stopped,
                std::vector<std::string>& wrong) const;

  std::vector<Positions> begins_;  // Of generations.
  Positions end_;
};

}  // namespace millrace::sim
