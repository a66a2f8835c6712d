#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// Paths as the table of routes writes them: "/jobs/:jobid/vertices/:vertexid".

// What stands where the pattern has ":name", in order; nullopt: the path is
// another one. A slash at the path's end counts for nothing.
std::optional<std::vector<std::string>> MatchPath(absl::string_view pattern,
                                                  absl::string_view path);

// Whether one of its parts is ":name".
bool HasPart(absl::string_view pattern, absl::string_view name);

// The path among `patterns` that `path` was most likely meant to be, with its
// own ids; empty: none is near.
std::string NearestPath(absl::string_view path,
                        const std::vector<absl::string_view>& patterns);

}  // namespace millrace
