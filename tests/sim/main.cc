// Runs simulated clusters, each from a seed, and says which of them went wrong.
//
//   millrace_sim [--cluster] [--seeds N] [--first S] [--processes P]
//                [--corpus FILE]
//                [--stop-at-first] [--quiet]
//   millrace_sim [--cluster] --seed S [--quiet] [--trace]
//                          one seed, with what it stands for and what happens
//
// Seeds of the corpus, which failed once, come first. A seed that fails is
// printed with the smallest part of its faults that still fails. Exit status 1
// if any does, or if a kind of fault was never injected in 1,000 seeds or more.
#include <cstdio>
#include <string>

#include "tests/sim/campaign.h"
#include "tests/sim/seed_arguments.h"
#include "tests/sim/seed_processes.h"

namespace millrace::sim {
namespace {

// Every process takes each n-th seed.
int RunSeeds(const CampaignOptions& campaign, int processes) {
  CampaignSums sums;
  sums.kind = campaign.kind;
  bool crashed = false;
  for (const std::string& text : RunInProcesses(
           processes,
           [&](int number) {
             CampaignOptions options = campaign;
             options.first += number;
             options.step = processes;
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
  CampaignOptions campaign;
  const SeedArguments arguments = ParseSeedArguments(
      argc, argv, "millrace_sim", campaign.count,
      {{"--cluster",
        [&](const std::string&) { campaign.kind = Kind::kCluster; }}});
  campaign.first = arguments.first;
  campaign.count = arguments.count;
  campaign.stop_at_first = arguments.stop_at_first;
  campaign.quiet = arguments.quiet;
  if (arguments.seed) {
    return RunOneSeed(campaign.kind, *arguments.seed, campaign.quiet) ? 0 : 1;
  }
  const char* const kind = campaign.kind == Kind::kCluster ? "cluster" : "";
  for (const uint64_t seed : ReadCorpus(arguments.corpus, kind)) {
    if (!RunOneSeed(campaign.kind, seed, true)) return 1;
  }
  return RunSeeds(campaign, arguments.processes);
}

}  // namespace
}  // namespace millrace::sim

int main(int argc, char** argv) { return millrace::sim::Main(argc, argv); }
