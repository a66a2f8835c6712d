#include "tests/sim/scenario.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/sim/jobs.h"

namespace millrace::sim {
namespace {

struct FaultKind {
  absl::string_view name;
  // The chance each time it could happen. Kills and what else ends a life are
  // asked for every 10 simulated milliseconds, messages and calls one by one.
  double rate;
  // The same in a cluster, which is asked every 200 ms; 0: not there.
  double in_cluster = 0;
};

constexpr FaultKind kKinds[kFaultKinds] = {
    {"power cut", 0.008, 0.01},
    {"kill process", 0.01},
    {"kill task manager", 0.012, 0.04},
    {"kill master", 0.01, 0.03},
    {"two masters", 0.008},
    {"kill at failpoint", 1, 1},
    {"error at failpoint", 0.004, 0.004},
    {"trigger lost", 0.08},
    {"completion lost", 0.25},
    {"abort lost", 0.25},
    {"acknowledgement lost", 0.02},
    {"completion repeated", 0.3},
    {"acknowledgement repeated", 0.2},
    {"slow message", 0.03, 0.02},
    {"store unavailable", 0.03},
    {"store ambiguous", 0.03},
    {"records unavailable", 0.04, 0.04},
    {"records ambiguous", 0.06, 0.06},
    {"table unavailable", 0.15, 0.1},
    {"table ambiguous", 0.05, 0.05},
    {"disk error", 0.003, 0.002},
    {"clock set", 0.01, 0.03},
    {"pause", 0.005, 0.04},
    {"rescale", 0.006},
    {"savepoint asked", 0.01, 0.04},
    {"connection lost", 0, 0.06},
    {"partition", 0, 0.03},
    {"one-way partition", 0, 0.03},
    {"message repeated", 0, 0.5},
    {"leader's pause", 0, 0.012},
    {"long pause", 0, 0.008},
    {"slow disk", 0, 0.02},
    {"task manager replaced", 0, 0.02},
    {"task manager drained", 0, 0.02},
    {"leader resigned", 0, 0.015},
    {"stop asked", 0, 0.05},
    {"cancel asked", 0, 0.02},
    {"fork", 0, 0.7},
};

}  // namespace

absl::string_view NameOf(Fault fault) {
  return kKinds[static_cast<int>(fault)].name;
}

bool IsOf(Kind kind, Fault fault) {
  const FaultKind& one = kKinds[static_cast<int>(fault)];
  return (kind == Kind::kOneJob ? one.rate : one.in_cluster) > 0;
}

Scenario Scenario::Of(Kind kind, uint64_t seed) {
  Rng rng(seed);
  Scenario scenario = {.kind = kind, .seed = seed};
  scenario.job = static_cast<int>(rng.Below(Jobs().size()));
  scenario.splits = 1 + static_cast<int>(rng.Below(4));
  scenario.rows_per_split = 80 + static_cast<int>(rng.Below(160));
  scenario.keys = 1 + static_cast<int>(rng.Below(20));
  for (int i = 0; i < 4; ++i) {
    scenario.parallelisms.push_back(1 + static_cast<int>(rng.Below(3)));
  }
  scenario.workers = 1 + static_cast<int>(rng.Below(3));
  scenario.interval_ms = 20 + static_cast<int64_t>(rng.Below(80));
  scenario.stores_on_disk = rng.Below(2) == 0;
  scenario.inline_limit_bytes = rng.Below(3) == 0 ? 1 << 20 : 0;
  scenario.only_changes = rng.Below(4) != 0;
  if (rng.Below(3) == 0) {
    scenario.sink = Jobs()[scenario.job].key_columns == 0 && rng.Below(2) == 0
                        ? Sink::kFiles
                        : Sink::kChangelog;
  }
  for (int i = 0; i < kOneJobFaults; ++i) {
    const double strength = 0.3 + rng.Unit();
    if (rng.Below(2) == 0) scenario.rates[i] = kKinds[i].rate * strength;
  }
  // Something must end a life, or the seed would test little.
  const int end = static_cast<int>(rng.Below(5));
  if (scenario.rates[end] == 0) scenario.rates[end] = kKinds[end].rate;
  scenario.failpoint = static_cast<int>(rng.Below(1000));
  scenario.failpoint_hit = 1 + static_cast<int>(rng.Below(12));
  if (kind == Kind::kCluster) scenario.ChooseCluster(rng);
  return scenario;
}

void Scenario::ChooseCluster(Rng& rng) {
  task_managers = 2 + static_cast<int>(rng.Below(3));
  slots = 1 + static_cast<int>(rng.Below(2));
  lease_ms = 2000 + static_cast<int64_t>(rng.Below(10'000));
  interval_ms = 200 + static_cast<int64_t>(rng.Below(800));
  stores_on_disk = false;
  // Now and then as many as there are slots, so that one that is lost is
  // waited for.
  const int most = std::min(task_managers * slots, 4);
  parallelisms = {1 + static_cast<int>(rng.Below(most))};
  if (task_managers > 1 && parallelisms[0] == 1) ++parallelisms[0];
  for (int i = 0; i < kFaultKinds; ++i) {
    const double strength = 0.3 + rng.Unit();
    rates[i] = rng.Below(2) == 0 ? kKinds[i].in_cluster * strength : 0;
  }
  constexpr Fault kEnds[] = {Fault::kKillTaskManager, Fault::kKillMaster,
                             Fault::kConnectionLost, Fault::kPartition,
                             Fault::kPause};
  const int end = static_cast<int>(kEnds[rng.Below(std::size(kEnds))]);
  if (rates[end] == 0) rates[end] = kKinds[end].in_cluster;
  ends_in_storm = rng.Below(2) == 0;
  ChooseLives(rng, most);
}

void Scenario::ChooseLives(Rng& rng, int most_parallelism) {
  if (rng.Below(4) == 0) {
    jobs_at_once = 2;
    rows_per_split /= 2;
  }
  for (int i = 0; i < 3; ++i) {
    parallelisms.push_back(1 + static_cast<int>(rng.Below(most_parallelism)));
    // What two jobs share are the disks of TaskManagers.
    on_rocksdb.push_back(jobs_at_once == 2 || rng.Below(3) == 0);
  }
  drains = rng.Below(5) == 0;
  most_turns = static_cast<int>(rng.Below(4));
}

std::string Scenario::ToString() const {
  std::vector<std::string> faults;
  for (int i = 0; i < kFaultKinds; ++i) {
    if (rates[i] > 0) faults.emplace_back(NameOf(static_cast<Fault>(i)));
  }
  return absl::StrCat(
      "seed ", seed, ": job ", Jobs()[job].name, ", ", splits, " splits of ",
      rows_per_split, " rows, ", keys, " keys, parallelism ",
      absl::StrJoin(parallelisms, " -> "), ", ", workers, " workers, every ",
      interval_ms, " ms, ",
      kind == Kind::kOneJob
          ? ""
          : absl::StrCat(task_managers, " task managers of ", slots,
                         " slots, lease ", lease_ms, " ms, ", jobs_at_once,
                         " jobs, ", drains ? "drained, " : "",
                         most_turns, " turns at most, ",
                         on_rocksdb[0] ? "rocksdb, " : ""),
      only_changes ? "changes" : "all",
      inline_limit_bytes > 0 ? " inlined" : " in files", ", stores ",
      stores_on_disk ? "on disk" : "as models",
      sink == Sink::kTable      ? ""
      : sink == Sink::kChangelog ? ", changelog-out"
                                 : ", filesystem",
      "; faults: ", absl::StrJoin(faults, ", "));
}

bool FaultBook::Roll(Fault fault) {
  const double rate = rates_[static_cast<int>(fault)];
  if (healed_ || rate == 0 || rng_.Unit() >= rate) return false;
  Count(fault);
  return true;
}

int64_t FaultBook::total() const {
  int64_t total = 0;
  for (const int64_t count : counts_) total += count;
  return total;
}

}  // namespace millrace::sim
