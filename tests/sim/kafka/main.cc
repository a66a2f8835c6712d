// Runs exactly-once jobs against the model of Kafka, each from a seed, and says
// which of them lost, doubled or disordered records.
//
//   millrace_sim_kafka [--seeds N] [--first S] [--processes P] [--corpus FILE]
//                      [--stop-at-first] [--quiet] [--calm]
//   millrace_sim_kafka --seed S [--trace]
//   millrace_sim_kafka --scenario NAME [--trace]
//
// The named scenarios come first, then seeds of the corpus ("kafka 123 why"),
// which failed once. A seed that fails is printed with the fewest kinds of
// faults that make it fail. --calm: the seeds alone, without any fault. Exit
// status 1 if anything fails, or if a kind of fault was never met in 1,000
// seeds.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sim/kafka/kafka_run.h"
#include "tests/sim/kafka/named_scenarios.h"
#include "tests/sim/seed_arguments.h"
#include "tests/sim/seed_processes.h"

namespace millrace::sim {
namespace {

constexpr int64_t kDefaultSeeds = 5000;
constexpr uint32_t kNoFaults = (1u << kKafkaFaultCount) - 1;

// Sums over seeds, by name; a line each on the way between processes.
using Sums = std::map<std::string, int64_t>;

void AddOutcome(const KafkaOutcome& outcome, Sums& sums) {
  ++sums["seeds"];
  sums["failed"] += !outcome.wrong.empty();
  sums["stopped at a lost marker"] += outcome.stopped;
  sums["records"] += outcome.records;
  sums["checkpoints"] += outcome.checkpoints;
  sums["attempts"] += outcome.attempts;
  sums["simulated ms"] += outcome.simulated_ms;
  for (const auto& [name, count] : outcome.faults) {
    sums["fault: " + name] += count;
  }
  for (const auto& [name, count] : outcome.kill_steps) {
    sums["kill: " + name] += count;
  }
}

// The fewest kinds of faults with which the seed still fails, one left out
// after the other.
std::string Needed(uint64_t seed) {
  uint32_t without = 0;
  for (int i = 0; i < kKafkaFaultCount; ++i) {
    const uint32_t fewer = without | 1u << i;
    if (!RunKafka(seed, fewer).wrong.empty()) without = fewer;
  }
  std::string names;
  for (int i = 0; i < kKafkaFaultCount; ++i) {
    if ((without >> i & 1) != 0) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ",
                    NameOf(static_cast<KafkaFault>(i)));
  }
  return names;
}

void PrintFailure(uint64_t seed, const KafkaOutcome& outcome, bool quiet) {
  std::printf("FAILED seed %llu:\n", static_cast<unsigned long long>(seed));
  for (size_t i = 0; i < outcome.wrong.size() && i < 5; ++i) {
    std::printf("  %s\n", outcome.wrong[i].c_str());
  }
  if (!quiet) std::printf("  it takes: %s\n", Needed(seed).c_str());
  std::fflush(stdout);
}

std::string RunShare(const SeedArguments& arguments, uint32_t without,
                     int number) {
  Sums sums;
  for (int64_t i = number; i < arguments.count; i += arguments.processes) {
    const uint64_t seed = arguments.first + static_cast<uint64_t>(i);
    const KafkaOutcome outcome = RunKafka(seed, without);
    AddOutcome(outcome, sums);
    if (outcome.wrong.empty()) continue;
    PrintFailure(seed, outcome, arguments.quiet || without == kNoFaults);
    if (arguments.stop_at_first) break;
  }
  std::string text;
  for (const auto& [name, count] : sums) {
    absl::StrAppend(&text, name, "=", count, "\n");
  }
  return text;
}

// Kinds of faults that should have come and did not.
std::string MissingFaults(const Sums& sums) {
  std::string missing;
  for (int i = 0; i < kKafkaFaultCount; ++i) {
    const auto fault = static_cast<KafkaFault>(i);
    // Counted by what they do.
    if (fault == KafkaFault::kLink || fault == KafkaFault::kJobManager) {
      continue;
    }
    if (!sums.contains(absl::StrCat("fault: ", NameOf(fault)))) {
      absl::StrAppend(&missing, " ", NameOf(fault));
    }
  }
  for (const char* name : {"late EndTxn", "unanswered EndTxn", "lost EndTxn",
                           "transaction timed out"}) {
    const auto found = sums.find(absl::StrCat("fault: ", name));
    if (found == sums.end() || found->second == 0) {
      absl::StrAppend(&missing, " ", name);
    }
  }
  return missing;
}

int RunSeeds(const SeedArguments& arguments, uint32_t without) {
  bool crashed = false;
  Sums sums;
  for (const std::string& text : RunInProcesses(
           arguments.processes,
           [&](int number) { return RunShare(arguments, without, number); },
           &crashed)) {
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line, absl::MaxSplits('=', 1));
      sums[parts.first] += std::atoll(parts.second.c_str());
    }
  }
  for (const auto& [name, count] : sums) {
    std::printf("%-50s %lld\n", name.c_str(), static_cast<long long>(count));
  }
  const std::string missing =
      arguments.count >= 1000 && without == 0 ? MissingFaults(sums) : "";
  if (!missing.empty()) std::printf("Never met:%s\n", missing.c_str());
  if (crashed) std::printf("A process of the simulation crashed.\n");
  return crashed || sums["failed"] > 0 || !missing.empty() ? 1 : 0;
}

// Whether it passed.
bool RunOne(uint64_t seed) {
  const KafkaOutcome outcome = RunKafka(seed);
  if (!outcome.wrong.empty()) {
    PrintFailure(seed, outcome, /*quiet=*/false);
    return false;
  }
  std::printf("seed %llu: %lld records, %lld checkpoints, %lld attempts\n",
              static_cast<unsigned long long>(seed),
              static_cast<long long>(outcome.records),
              static_cast<long long>(outcome.checkpoints),
              static_cast<long long>(outcome.attempts));
  return true;
}

// Whether those of that name, or all, passed, and there was one.
bool RunScenarios(const std::string& name) {
  int count = 0;
  bool passed = true;
  for (const NamedScenario& scenario : NamedScenarios()) {
    if (!name.empty() && name != scenario.name) continue;
    ++count;
    const std::vector<std::string> wrong = scenario.run();
    std::printf("scenario %s (%s): %s\n", scenario.name, scenario.rule,
                wrong.empty() ? "passed" : "FAILED");
    for (const std::string& line : wrong) std::printf("  %s\n", line.c_str());
    passed &= wrong.empty();
  }
  std::fflush(stdout);
  return passed && count > 0;
}

int RunAll(int argc, char** argv) {
  std::string scenario;
  uint32_t without = 0;
  const SeedArguments arguments = ParseSeedArguments(
      argc, argv, "millrace_sim_kafka", kDefaultSeeds,
      {{"--scenario=", [&](const std::string& name) { scenario = name; }},
       {"--calm", [&](const std::string&) { without = kNoFaults; }}});
  if (!scenario.empty()) return RunScenarios(scenario) ? 0 : 1;
  if (arguments.seed) return RunOne(*arguments.seed) ? 0 : 1;
  if (without == 0) {
    if (!RunScenarios("")) return 1;
    for (const uint64_t seed : ReadCorpus(arguments.corpus, "kafka")) {
      if (!RunOne(seed)) return 1;
    }
  }
  return RunSeeds(arguments, without);
}

}  // namespace
}  // namespace millrace::sim

int main(int argc, char** argv) { return millrace::sim::RunAll(argc, argv); }
