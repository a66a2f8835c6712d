#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace::sim {

// What every program that runs seeds is told:
//
//   [--seeds N] [--first S] [--processes P] [--corpus FILE] [--stop-at-first]
//   [--quiet]
//   --seed S [--trace]
struct SeedArguments {
  int64_t count = 0;  // Seeds, from `first` on.
  uint64_t first = 1;
  int processes = 1;
  std::string corpus;  // A file with seeds that failed once.
  std::optional<uint64_t> seed;  // That one alone.
  bool stop_at_first = false;
  bool quiet = false;  // Failures are printed without their smallest part.
};

// Words that a program has besides: called with the word that follows, or with
// nothing where the name does not end with '='.
using OwnArguments =
    std::map<std::string, std::function<void(const std::string&)>>;

// Reads them; ends the process with status 2 where one is not known.
SeedArguments ParseSeedArguments(int argc, char** argv,
                                 absl::string_view program,
                                 int64_t default_count,
                                 const OwnArguments& own);

// Of the lines "KIND SEED why" those of a kind; of the empty kind those that
// begin with their seed.
std::vector<uint64_t> ReadCorpus(const std::string& path,
                                 absl::string_view kind);

}  // namespace millrace::sim
