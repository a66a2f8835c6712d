#include "jobmanager/rest/path_pattern.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/nearest_name.h"

namespace millrace {
namespace {

std::vector<absl::string_view> PartsOf(absl::string_view path) {
  return absl::StrSplit(path, '/', absl::SkipEmpty());
}

}  // namespace

std::optional<std::vector<std::string>> MatchPath(absl::string_view pattern,
                                                  absl::string_view path) {
  const std::vector<absl::string_view> wanted = PartsOf(pattern);
  const std::vector<absl::string_view> parts = PartsOf(path);
  if (wanted.size() != parts.size()) return std::nullopt;
  std::vector<std::string> ids;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (wanted[i][0] == ':') {
      ids.emplace_back(parts[i]);
    } else if (wanted[i] != parts[i]) {
      return std::nullopt;
    }
  }
  return ids;
}

bool HasPart(absl::string_view pattern, absl::string_view name) {
  for (const absl::string_view part : PartsOf(pattern)) {
    if (part[0] == ':' && part.substr(1) == name) return true;
  }
  return false;
}

std::string NearestPath(absl::string_view path,
                        const std::vector<absl::string_view>& patterns) {
  const std::vector<absl::string_view> parts = PartsOf(path);
  std::vector<std::string> candidates;
  for (const absl::string_view pattern : patterns) {
    const std::vector<absl::string_view> wanted = PartsOf(pattern);
    if (wanted.size() != parts.size()) continue;
    std::string candidate;
    for (size_t i = 0; i < parts.size(); ++i) {
      absl::StrAppend(&candidate, "/",
                      wanted[i][0] == ':' ? parts[i] : wanted[i]);
    }
    candidates.push_back(std::move(candidate));
  }
  return NearestName(path, candidates);
}

}  // namespace millrace
