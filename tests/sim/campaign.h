#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/sim/cluster.h"

namespace millrace::sim {

struct CampaignOptions {
  Kind kind = Kind::kOneJob;
  uint64_t first = 1;
  uint64_t step = 1;
  int64_t count = 2000;  // Seeds from `first` on, of which each `step`-th.
  bool stop_at_first = false;
  bool quiet = false;  // Failures are printed without their smallest part.
};

// What many seeds came to.
struct CampaignSums {
  Kind kind = Kind::kOneJob;
  int64_t seeds = 0;
  int64_t failed = 0;
  int64_t checkpoints = 0;
  int64_t restores = 0;
  int64_t commits = 0;
  int64_t repeated_commits = 0;
  int64_t simulated_ms = 0;
  int64_t fenced = 0;
  int64_t terms = 0;
  std::map<std::string, int64_t> deeds;
  std::map<std::string, int64_t> faults;
  std::map<std::string, int64_t> failpoints;
  std::map<std::string, int64_t> failpoint_kills;

  void Add(const Outcome& outcome);
  void Add(const CampaignSums& other);
  // Nothing failed, and nothing is missing.
  bool Passed() const;
  // Of what should have come in many seeds, what did not.
  std::vector<std::string> Missing() const;
  void Print() const;

  // A line a number; for the way between processes.
  std::string Encode() const;
  static CampaignSums Decode(absl::string_view text);
};

// Prints each failure as it comes.
CampaignSums RunCampaign(const CampaignOptions& options);

// With everything that is known of it; whether it passed.
bool RunOneSeed(Kind kind, uint64_t seed, bool quiet);

}  // namespace millrace::sim
