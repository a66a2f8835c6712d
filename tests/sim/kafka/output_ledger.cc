#include "tests/sim/kafka/output_ledger.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/check.h"

namespace millrace::sim {
namespace {

int64_t At(const OutputLedger::Positions& positions, int key) {
  const auto found = positions.find(key);
  return found == positions.end() ? 0 : found->second;
}

}  // namespace

std::string OutputLedger::KeyOf(int key) { return absl::StrCat("k", key); }

std::string OutputLedger::ValueOf(int generation, int64_t number) {
  return absl::StrCat(generation, ":", number);
}

void OutputLedger::Begin(int generation, const Positions& from) {
  MILLRACE_CHECK(generation == static_cast<int>(begins_.size()));
  begins_.push_back(from);
}

int64_t OutputLedger::expected() const {
  int64_t sum = 0;
  for (const auto& [key, last] : end_) {
    for (size_t g = 0; g < begins_.size(); ++g) {
      const Positions& to = g + 1 < begins_.size() ? begins_[g + 1] : end_;
      sum += std::max<int64_t>(At(to, key) - At(begins_[g], key), 0);
    }
  }
  return sum;
}

std::vector<std::string> OutputLedger::Check(KafkaCluster& cluster,
                                             const std::string& topic,
                                             bool has_stopped) const {
  struct Placed {
    int64_t order;
    Seen seen;
  };
  std::map<std::string, std::vector<Placed>> by_key;
  for (const PartitionLog& log : cluster.Find(topic)->partitions) {
    for (const PartitionLog::Record& record :
         log.ReadCommitted(-1, SIZE_MAX).records) {
      const std::vector<absl::string_view> parts =
          absl::StrSplit(*record.value, ':');
      Placed placed{.order = record.order};
      MILLRACE_CHECK(parts.size() == 2 &&
                     absl::SimpleAtoi(parts[0], &placed.seen.generation) &&
                     absl::SimpleAtoi(parts[1], &placed.seen.number));
      by_key[*record.key].push_back(placed);
    }
  }
  std::vector<std::string> wrong;
  for (const auto& [key, from] : begins_[0]) {
    std::vector<Placed>& placed = by_key[KeyOf(key)];
    std::sort(placed.begin(), placed.end(),
              [](const Placed& a, const Placed& b) {
                return a.order < b.order;
              });
    std::vector<Seen> seen;
    for (const Placed& one : placed) seen.push_back(one.seen);
    CheckKey(key, seen, has_stopped, wrong);
  }
  return wrong;
}

void OutputLedger::CheckKey(int key, const std::vector<Seen>& seen,
                            bool has_stopped,
                            std::vector<std::string>& wrong) const {
  std::vector<int64_t> last;  // Of generations.
  for (const Positions& begin : begins_) last.push_back(At(begin, key));
  for (const Seen& one : seen) {
    const auto g = static_cast<size_t>(one.generation);
    const std::string where =
        absl::StrCat(KeyOf(key), " ", ValueOf(one.generation, one.number));
    if (one.number != last[g] + 1) {
      wrong.push_back(absl::StrCat(
          where, one.number <= last[g] ? " is double" : " comes too early",
          ": the one before was ", last[g]));
    }
    last[g] = std::max(last[g], one.number);
    // What a generation goes on from is there before it writes.
    for (size_t h = 0; h < g; ++h) {
      const int64_t needed = At(begins_[h + 1], key);
      if (last[h] < needed) {
        wrong.push_back(absl::StrCat(where, " stands before ", KeyOf(key), " ",
                                     ValueOf(static_cast<int>(h), needed)));
      }
    }
  }
  for (size_t g = 0; g < begins_.size() && !has_stopped; ++g) {
    const int64_t needed =
        At(g + 1 < begins_.size() ? begins_[g + 1] : end_, key);
    if (last[g] < needed) {
      wrong.push_back(absl::StrCat(
          KeyOf(key), " ", ValueOf(static_cast<int>(g), last[g] + 1), " to ",
          needed, " are lost"));
    }
  }
}

}  // namespace millrace::sim
