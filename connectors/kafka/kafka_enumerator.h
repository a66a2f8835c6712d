#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "connectors/kafka/kafka_position.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// Deals partitions out to readers: partition p of a topic goes to subtask
// (hash of the topic + p) modulo parallelism, so that a restart deals them out
// alike. Partitions found after the first discovery are read from their
// beginning: nothing written between two discoveries is lost.
//
// A pure state machine. Its snapshot, "1\n" and a line a partition that it has
// dealt out, is empty before the first discovery: where that has not been, a
// restored source too begins where its table says.
class KafkaEnumerator final : public SplitEnumerator {
 public:
  struct Options {
    int parallelism = 1;
    // Between two discoveries; infinite = one only. A bounded table has one.
    absl::Duration discovery_interval = absl::InfiniteDuration();
    bool bounded = false;
  };

  explicit KafkaEnumerator(const Options& options) : options_(options) {}

  Actions OnDiscovered(std::vector<Split> splits) override;
  Actions OnRequest(int subtask) override;
  Actions OnReturned(std::vector<Split> splits) override;
  std::string Snapshot() const override;
  absl::Status Restore(absl::string_view snapshot) override;

 private:
  int SubtaskOf(const Split& split) const;
  Actions Nothing() const;

  const Options options_;
  bool discovered_ = false;
  absl::btree_set<std::string> known_;
};

}  // namespace millrace::kafka
