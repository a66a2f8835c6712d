#include "tests/sim/campaign.h"

#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace millrace::sim {
namespace {

// From so many seeds on, a kind of fault that never came is a mistake.
constexpr int64_t kManySeeds = 1000;
// Each failpoint of those that can be reached kills so often then.
constexpr size_t kLeastFailpoints = 28;
constexpr int64_t kLeastKills = 2;

// Leaves out one kind of fault after the other as long as it still fails.
Scenario Smallest(Scenario scenario) {
  for (int i = 0; i < kFaultKinds; ++i) {
    if (scenario.rates[i] == 0) continue;
    Scenario without = scenario;
    without.rates[i] = 0;
    if (!RunScenario(without).status.ok()) scenario = without;
  }
  return scenario;
}

bool Passes(const Outcome& outcome) {
  return outcome.status.ok() && outcome.saw_enough;
}

void PrintFailure(const Scenario& scenario, const Outcome& outcome,
                  bool quiet) {
  if (outcome.status.ok()) {
    std::printf("FAILED %s\n  saw only %s\n", scenario.ToString().c_str(),
                outcome.seen.c_str());
    std::fflush(stdout);
    return;
  }
  std::printf("FAILED %s\n  %s\n", scenario.ToString().c_str(),
              outcome.status.ToString().c_str());
  if (!quiet) {
    const Scenario smallest = Smallest(scenario);
    std::printf("  smallest: %s\n  %s\n", smallest.ToString().c_str(),
                RunScenario(smallest).status.ToString().c_str());
  }
  std::fflush(stdout);
}

void PrintMap(absl::string_view title,
              const std::map<std::string, int64_t>& counts) {
  std::printf("%s:\n", std::string(title).c_str());
  for (const auto& [name, count] : counts) {
    std::printf("  %-34s %10lld\n", name.c_str(),
                static_cast<long long>(count));
  }
}

}  // namespace

void CampaignSums::Add(const Outcome& outcome) {
  ++seeds;
  if (!Passes(outcome)) ++failed;
  checkpoints += outcome.checkpoints;
  restores += outcome.restores;
  commits += outcome.commits;
  repeated_commits += outcome.repeated_commits;
  simulated_ms += outcome.simulated_ms;
  fenced += outcome.fenced;
  terms += outcome.terms;
  for (int i = 0; i < kFaultKinds; ++i) {
    const Fault fault = static_cast<Fault>(i);
    if (!IsOf(kind, fault)) continue;
    faults[std::string(NameOf(fault))] += outcome.faults[i];
  }
  for (const auto& [name, count] : outcome.deeds) deeds[name] += count;
  for (const auto& [name, count] : outcome.failpoints) {
    failpoints[name] += count;
  }
  for (const auto& [name, count] : outcome.failpoint_kills) {
    failpoint_kills[name] += count;
  }
}

void CampaignSums::Add(const CampaignSums& other) {
  seeds += other.seeds;
  failed += other.failed;
  checkpoints += other.checkpoints;
  restores += other.restores;
  commits += other.commits;
  fenced += other.fenced;
  terms += other.terms;
  repeated_commits += other.repeated_commits;
  simulated_ms += other.simulated_ms;
  for (const auto& [name, count] : other.deeds) deeds[name] += count;
  for (const auto& [name, count] : other.faults) faults[name] += count;
  for (const auto& [name, count] : other.failpoints) failpoints[name] += count;
  for (const auto& [name, count] : other.failpoint_kills) {
    failpoint_kills[name] += count;
  }
}

bool CampaignSums::Passed() const {
  return failed == 0 && seeds > 0 && Missing().empty();
}

std::vector<std::string> CampaignSums::Missing() const {
  std::vector<std::string> missing;
  if (seeds < kManySeeds) return missing;
  for (const auto& [name, count] : faults) {
    if (count == 0) missing.push_back(name);
  }
  for (const auto& [name, count] : deeds) {
    if (count == 0) missing.push_back(name);
  }
  for (const auto& [name, count] : failpoints) {
    const auto kills = failpoint_kills.find(name);
    if (kills == failpoint_kills.end() || kills->second < kLeastKills) {
      missing.push_back(absl::StrCat("kills at ", name));
    }
  }
  if (failpoints.size() < kLeastFailpoints) missing.push_back("failpoints");
  // What is never refused has not been tried.
  if (kind == Kind::kCluster && fenced == 0) missing.push_back("fencing");
  return missing;
}

void CampaignSums::Print() const {
  PrintMap("faults", faults);
  PrintMap("done for people", deeds);
  PrintMap("failpoints reached", failpoints);
  PrintMap("kills at failpoints", failpoint_kills);
  std::printf(
      "%lld seeds, %lld failed; %lld checkpoints, %lld restores, %lld commits "
      "(%lld repeated), %lld simulated seconds",
      static_cast<long long>(seeds), static_cast<long long>(failed),
      static_cast<long long>(checkpoints), static_cast<long long>(restores),
      static_cast<long long>(commits),
      static_cast<long long>(repeated_commits),
      static_cast<long long>(simulated_ms / 1000));
  if (kind == Kind::kCluster) {
    std::printf(", %lld terms, %lld messages and writes fenced",
                static_cast<long long>(terms), static_cast<long long>(fenced));
  }
  std::printf("\n");
  for (const std::string& name : Missing()) {
    std::printf("Never, or too seldom: %s\n", name.c_str());
  }
}

std::string CampaignSums::Encode() const {
  std::string text = absl::StrCat(
      "seeds|", seeds, "\nfailed|", failed, "\ncheckpoints|", checkpoints,
      "\nrestores|", restores, "\ncommits|", commits, "\nrepeated|",
      repeated_commits, "\nsimulated|", simulated_ms, "\nfenced|", fenced,
      "\nterms|", terms, "\n");
  const auto append = [&](absl::string_view kind, const auto& counts) {
    for (const auto& [name, count] : counts) {
      absl::StrAppend(&text, kind, name, "|", count, "\n");
    }
  };
  append("d:", deeds);
  append("f:", faults);
  append("p:", failpoints);
  append("k:", failpoint_kills);
  return text;
}

CampaignSums CampaignSums::Decode(absl::string_view text) {
  CampaignSums sums;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits('|', 1));
    int64_t count = 0;
    if (!absl::SimpleAtoi(parts.second, &count)) continue;
    const std::string& name = parts.first;
    if (name == "seeds") sums.seeds = count;
    if (name == "failed") sums.failed = count;
    if (name == "checkpoints") sums.checkpoints = count;
    if (name == "restores") sums.restores = count;
    if (name == "commits") sums.commits = count;
    if (name == "repeated") sums.repeated_commits = count;
    if (name == "simulated") sums.simulated_ms = count;
    if (name == "fenced") sums.fenced = count;
    if (name == "terms") sums.terms = count;
    if (name.starts_with("d:")) sums.deeds[name.substr(2)] = count;
    if (name.starts_with("f:")) sums.faults[name.substr(2)] = count;
    if (name.starts_with("p:")) sums.failpoints[name.substr(2)] = count;
    if (name.starts_with("k:")) sums.failpoint_kills[name.substr(2)] = count;
  }
  return sums;
}

CampaignSums RunCampaign(const CampaignOptions& options) {
  CampaignSums sums;
  sums.kind = options.kind;
  for (uint64_t seed = options.first;
       seed < options.first + static_cast<uint64_t>(options.count);
       seed += options.step) {
    const Scenario scenario = Scenario::Of(options.kind, seed);
    const Outcome outcome = RunScenario(scenario);
    sums.Add(outcome);
    if (Passes(outcome)) continue;
    PrintFailure(scenario, outcome, options.quiet);
    if (options.stop_at_first) break;
  }
  return sums;
}

bool RunOneSeed(Kind kind, uint64_t seed, bool quiet) {
  const Scenario scenario = Scenario::Of(kind, seed);
  const Outcome outcome = RunScenario(scenario);
  std::printf("%s\n", scenario.ToString().c_str());
  CampaignSums sums;
  sums.kind = kind;
  sums.Add(outcome);
  sums.Print();
  if (!Passes(outcome)) PrintFailure(scenario, outcome, quiet);
  return Passes(outcome);
}

}  // namespace millrace::sim
