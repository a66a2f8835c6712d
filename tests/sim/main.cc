// Runs simulated clusters, each from a seed, and says which of them went wrong.
//
//   millrace_sim [--cluster] [--seeds N] [--first S] [--processes P] [--corpus FILE]
//                [--stop-at-first] [--quiet]
//   millrace_sim [--cluster] --seed S [--quiet] [--trace]
//                          one seed, with what it stands for and what happens
//
// Seeds of the corpus, which failed once, come first. A seed that fails is
// printed with the smallest part of its faults that still fails. Exit status 1
// if any does, or if a kind of fault was never injected in 1,000 seeds or more.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/campaign.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/seed_processes.h"

namespace millrace::sim {
namespace {

struct Arguments {
  CampaignOptions campaign;
  int processes = 1;
  std::string corpus;
  uint64_t seed = 0;
  bool one_seed = false;
};

[[noreturn]] void Refuse(const std::string& what) {
  std::fprintf(stderr, "millrace_sim: %s\n", what.c_str());
  std::exit(2);
}

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--stop-at-first") {
      arguments.campaign.stop_at_first = true;
      continue;
    }
    if (key == "--cluster") {
      arguments.campaign.kind = Kind::kCluster;
      continue;
    }
    if (key == "--trace") {
      Scheduler::SetTracing(true);
      continue;
    }
    if (key == "--quiet") {
      arguments.campaign.quiet = true;
      continue;
    }
    if (i + 1 == argc) Refuse("what is " + key + "?");
    const std::string value = argv[++i];
    if (key == "--corpus") {
      arguments.corpus = value;
      continue;
    }
    uint64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) Refuse(value + " is no number");
    if (key == "--seeds") {
      arguments.campaign.count = static_cast<int64_t>(number);
    } else if (key == "--first") {
      arguments.campaign.first = number;
    } else if (key == "--processes") {
      arguments.processes = static_cast<int>(number);
    } else if (key == "--seed") {
      arguments.seed = number;
      arguments.one_seed = true;
    } else {
      Refuse("what is " + key + "?");
    }
  }
  return arguments;
}

// "123 why", or "cluster 123 why" of that kind.
std::vector<uint64_t> ReadCorpus(const std::string& path, Kind kind) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string prefix = kind == Kind::kCluster ? "cluster " : "";
    if (!line.starts_with(prefix)) continue;
    line = line.substr(prefix.size());
    uint64_t seed = 0;
    if (absl::SimpleAtoi(line.substr(0, line.find(' ')), &seed)) {
      seeds.push_back(seed);
    }
  }
  return seeds;
}

// Every process takes each n-th seed.
int RunSeeds(const Arguments& arguments) {
  CampaignSums sums;
  sums.kind = arguments.campaign.kind;
  bool crashed = false;
  for (const std::string& text : RunInProcesses(
           arguments.processes,
           [&](int number) {
             CampaignOptions options = arguments.campaign;
             options.first += number;
             options.step = arguments.processes;
             return RunCampaign(options).Encode();
           },
           &crashed)) {
    sums.Add(CampaignSums::Decode(text));
  }
  sums.Print();
  if (crashed) std::printf("A process of the simulation crashed.\n");
  return crashed || !sums.Passed() ? 1 : 0;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  const CampaignOptions& campaign = arguments.campaign;
  if (arguments.one_seed) {
    return RunOneSeed(campaign.kind, arguments.seed, campaign.quiet) ? 0 : 1;
  }
  for (const uint64_t seed : ReadCorpus(arguments.corpus, campaign.kind)) {
    if (!RunOneSeed(campaign.kind, seed, true)) return 1;
  }
  return RunSeeds(arguments);
}

}  // namespace
}  // namespace millrace::sim

int main(int argc, char** argv) { return millrace::sim::Main(argc, argv); }
