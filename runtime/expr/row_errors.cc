#include "runtime/expr/row_errors.h"

#include <algorithm>
#include <utility>

namespace millrace {

void RowErrors::Add(uint32_t row, absl::Status status) {
  const bool known = std::any_of(
      entries_.begin(), entries_.end(),
      [row](const Entry& entry) { return entry.row == row; });
  if (!known) entries_.push_back({row, std::move(status)});
}

}  // namespace millrace
