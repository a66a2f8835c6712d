#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// A path of JSON_VALUE and JSON_EXISTS, "lax $.author['first name'].tags[0]",
// compiled: members and elements one below the other. What selects several
// values at once (*, .., filters) is refused. An immutable value.
//
// A text is read once, up to the value or the end; nothing is built of it.
class JsonPath {
 public:
  static absl::StatusOr<JsonPath> Compile(absl::string_view path);

  // The text of the value in `json`, quotes included; nullopt: the path leads
  // nowhere, or `json` is broken before that shows.
  std::optional<absl::string_view> Find(absl::string_view json) const;

 private:
  struct Step {
    std::string name;   // Of a member; empty with `index` >= 0.
    int64_t index = -1;
  };

  std::vector<Step> steps_;
};

// Whether all of `text` is one JSON value.
bool IsJson(absl::string_view text);

}  // namespace millrace
