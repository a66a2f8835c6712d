#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tests/sim/kafka/kafka_cluster.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// The way of requests from clients to brokers and back, with what may happen to
// them there: not to arrive, to arrive after the client gave up and sent
// another one, or to be answered in vain. A connection doubles nothing by
// itself: a request is there twice only where its client knows that it asked
// twice.
//
// An answer comes as an event of the client's process, the request has its
// effect as one of the world's: it may arrive after its client's death.
class BrokerLink {
 public:
  // In 1,000 requests each, where the scenario says so.
  struct Rates {
    int lost = 0;
    int late = 0;
    int answer_lost = 0;
  };
  // How long a client waits for an answer (socket.timeout.ms).
  static constexpr int64_t kTimeoutNanos = 10'000 * kMs;
  // How late a late one may be; half of them are hardly late.
  static constexpr int64_t kLatestNanos = 120'000 * kMs;

  explicit BrokerLink(Scheduler* scheduler) : scheduler_(scheduler) {}

  using Error = KafkaCluster::Error;
  // `apply` happens at the broker; `answered` gets what it said, or nothing
  // within the time-out.
  void Call(const ProcessRef& client, const char* what,
            std::function<Error()> apply,
            std::function<void(std::optional<Error>)> answered);

  // While `apply` runs: whether its answer comes to the client.
  bool is_heard() const { return is_heard_; }

  // Told when a request of `client` is under way, and when its answer is there
  // and not looked at yet: it may die then.
  using Watcher = std::function<void(const ProcessRef& client,
                                     const std::string& step)>;
  void Watch(Watcher watcher) { watcher_ = std::move(watcher); }

  void SetRates(const Rates& rates) { rates_ = rates; }
  // Until then nothing gets through.
  void CutUntil(int64_t nanos) { cut_until_nanos_ = nanos; }

  // The next request of that name stays on its way until Release, whatever
  // becomes of its client.
  void HoldNext(const char* what) { hold_ = what; }
  // REQUIRES: one is held.
  void Release();

  // By kind: "lost EndTxn".
  const std::map<std::string, int64_t>& faults() const { return faults_; }

 private:
  void Send(const ProcessRef& client, const char* what,
            std::function<Error()> apply,
            std::function<void(std::optional<Error>)> tell);
  bool Strikes(int in_thousand, const char* fault, const char* what);

  Scheduler* const scheduler_;
  Rates rates_;
  int64_t cut_until_nanos_ = 0;
  bool is_heard_ = false;
  std::string hold_;               // What comes next is held; empty: nothing.
  std::function<Error()> held_;
  Watcher watcher_ = [](const ProcessRef&, const std::string&) {};
  std::map<std::string, int64_t> faults_;
};

}  // namespace millrace::sim
