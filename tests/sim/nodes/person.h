#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/nodes/errand.h"
#include "tests/sim/nodes/fleet.h"
#include "tests/sim/nodes/site.h"

namespace millrace::sim {

// Whoever wants tables filled: looks at the leader now and then and asks it for
// what the errands need. Lives outside of the cluster.
class Person {
 public:
  // Everything outlives it, and it the events that it has posted.
  Person(const Site* site, Fleet* fleet, Watch* watch);
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  void Start() { LookLater(); }
  // There is something in every table.
  bool is_done() const;
  // Whether what is there is what must be; once it is done.
  absl::Status CheckTables() const;
  std::map<std::string, int64_t> deeds() const;

 private:
  // Beyond it none is let begin from another's savepoint.
  static constexpr int kMostForks = 1;

  void LookLater();
  void Look();
  void Add(Errand::Options options);
  void MaybeFork(const Errand::Options& from, const std::string& folder);

  const Site& site_;
  Fleet& fleet_;
  Watch& watch_;
  std::vector<std::unique_ptr<Errand>> errands_;
  // Savepoints that others began from, as they were then.
  std::map<std::string, std::string> forked_;
};

}  // namespace millrace::sim
