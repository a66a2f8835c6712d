#include "tests/sim/scenario.h"

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
};

constexpr FaultKind kKinds[kFaultKinds] = {
    {"power cut", 0.008},
    {"kill process", 0.01},
    {"kill task manager", 0.012},
    {"kill master", 0.01},
    {"two masters", 0.008},
    {"kill at failpoint", 1},
    {"error at failpoint", 0.004},
    {"trigger lost", 0.08},
    {"completion lost", 0.25},
    {"abort lost", 0.25},
    {"acknowledgement lost", 0.02},
    {"completion repeated", 0.3},
    {"acknowledgement repeated", 0.2},
    {"slow message", 0.03},
    {"store unavailable", 0.03},
    {"store ambiguous", 0.03},
    {"records unavailable", 0.04},
    {"records ambiguous", 0.06},
    {"table unavailable", 0.15},
    {"table ambiguous", 0.05},
    {"disk error", 0.003},
    {"clock set", 0.01},
    {"pause", 0.005},
    {"rescale", 0.006},
    {"savepoint asked", 0.01},
};

}  // namespace

absl::string_view NameOf(Fault fault) {
  return kKinds[static_cast<int>(fault)].name;
}

Scenario Scenario::Of(uint64_t seed) {
  Rng rng(seed);
  Scenario scenario = {.seed = seed};
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
  for (int i = 0; i < kFaultKinds; ++i) {
    const double strength = 0.3 + rng.Unit();
    if (rng.Below(2) == 0) scenario.rates[i] = kKinds[i].rate * strength;
  }
  // Something must end a life, or the seed would test little.
  const int end = static_cast<int>(rng.Below(5));
  if (scenario.rates[end] == 0) scenario.rates[end] = kKinds[end].rate;
  scenario.failpoint = static_cast<int>(rng.Below(1000));
  scenario.failpoint_hit = 1 + static_cast<int>(rng.Below(12));
  return scenario;
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
      interval_ms, " ms, ", only_changes ? "changes" : "all",
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
