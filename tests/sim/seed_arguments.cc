#include "tests/sim/seed_arguments.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {
namespace {

[[noreturn]] void RefuseArgument(absl::string_view program,
                                 const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", std::string(program).c_str(), what.c_str());
  std::exit(2);
}

// Whether it was one of those that stand alone.
bool TakeFlag(const std::string& key, SeedArguments& arguments,
              const OwnArguments& own) {
  if (key == "--stop-at-first") {
    arguments.stop_at_first = true;
  } else if (key == "--quiet") {
    arguments.quiet = true;
  } else if (key == "--trace") {
    Scheduler::SetTracing(true);
  } else if (const auto found = own.find(key); found != own.end()) {
    found->second("");
  } else {
    return false;
  }
  return true;
}

// Whether it was one of those with a number.
bool TakeNumber(const std::string& key, uint64_t number,
                SeedArguments& arguments) {
  if (key == "--seeds") {
    arguments.count = static_cast<int64_t>(number);
  } else if (key == "--first") {
    arguments.first = number;
  } else if (key == "--processes") {
    arguments.processes = static_cast<int>(number);
  } else if (key == "--seed") {
    arguments.seed = number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

SeedArguments ParseSeedArguments(int argc, char** argv,
                                 absl::string_view program,
                                 int64_t default_count,
                                 const OwnArguments& own) {
  SeedArguments arguments = {.count = default_count};
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (TakeFlag(key, arguments, own)) continue;
    if (i + 1 == argc) {
      RefuseArgument(program, absl::StrCat("what is ", key, "?"));
    }
    const std::string value = argv[++i];
    uint64_t number = 0;
    if (key == "--corpus") {
      arguments.corpus = value;
    } else if (const auto found = own.find(key + "="); found != own.end()) {
      found->second(value);
    } else if (!absl::SimpleAtoi(value, &number)) {
      RefuseArgument(program, absl::StrCat(key, ": ", value, " is no number"));
    } else if (!TakeNumber(key, number, arguments)) {
      RefuseArgument(program, absl::StrCat("what is ", key, "?"));
    }
  }
  return arguments;
}

std::vector<uint64_t> ReadCorpus(const std::string& path,
                                 absl::string_view kind) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  const size_t place = kind.empty() ? 0 : 1;
  for (std::string line; std::getline(file, line);) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    uint64_t seed = 0;
    if (words.size() > place && (place == 0 || words[0] == kind) &&
        absl::SimpleAtoi(words[place], &seed)) {
      seeds.push_back(seed);
    }
  }
  return seeds;
}

}  // namespace millrace::sim
