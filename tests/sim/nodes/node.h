#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/metrics.h"
#include "tests/sim/nodes/process_clock.h"
#include "tests/sim/nodes/process_threads.h"
#include "tests/sim/nodes/site.h"

namespace millrace::sim {

// What any process of the cluster has: a life, at a host, with clocks, threads,
// stores and a network of its own.
class Node {
 public:
  // `life` is unlike that of any other.
  Node(const Site* site, std::string host, int64_t life);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  const std::string& host() const { return host_; }
  const ProcessRef& process() const { return process_; }
  // It has ended by itself.
  virtual bool has_ended() const { return false; }
  // Its machine, while it stands still: its clock does, too.
  void Suspend(int64_t nanos) { clock_.Suspend(nanos); }
  // Messages and frames of the past that it has refused.
  int64_t Fenced() const;

 protected:
  absl::Status OpenStores();

  const Site& site_;
  const std::string host_;
  const int64_t life_;
  const ProcessRef process_;
  ProcessClock clock_;
  ProcessThreads threads_;
  Machine::Stores stores_;
  MetricRegistry metrics_;
  const std::unique_ptr<Network> network_;
};

}  // namespace millrace::sim
