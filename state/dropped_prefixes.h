#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Beginnings of keys that do not count any more. Asking costs one look-up for
// each length that occurs, which is one as a rule: a slice's.
class DroppedPrefixes {
 public:
  void Add(const std::vector<std::string>& prefixes) {
    for (const std::string& prefix : prefixes) {
      by_length_[prefix.size()].insert(prefix);
    }
  }

  bool empty() const { return by_length_.empty(); }
  bool Covers(absl::string_view key) const {
    for (const auto& [length, prefixes] : by_length_) {
      if (length > key.size()) break;
      if (prefixes.contains(key.substr(0, length))) return true;
    }
    return false;
  }
  bool CoversAll() const { return by_length_.contains(0); }

 private:
  absl::btree_map<size_t, absl::flat_hash_set<std::string>> by_length_;
};

}  // namespace millrace
