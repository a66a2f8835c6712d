#include "runtime/base/nearest_name.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"

namespace millrace {
namespace {

// Beyond this a name is no slip of anything, and the distance is not worth
// its quadratic time.
constexpr size_t kLongestCompared = 128;

// Insertions, deletions, replacements, and swaps of two neighbours, one each
// (Damerau 1964, the restricted form).
int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> before(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                           a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view name,
                        std::span<const std::string> candidates) {
  if (name.empty() || name.size() > kLongestCompared) return "";
  const std::string wanted = absl::AsciiStrToLower(name);
  const int allowed = std::max(1, (static_cast<int>(name.size()) + 1) / 4);
  int best = allowed + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared || candidate == name) continue;
    const int distance =
        EditDistance(wanted, absl::AsciiStrToLower(candidate));
    if (distance < best && distance < static_cast<int>(candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace millrace
