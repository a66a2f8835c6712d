#include "runtime/expr/row_errors.h"

#include <algorithm>
#include <utility>

namespace millrace {

void RowErrors::Add(uint32_t row, absl::Status status) {
  // A kernel goes through its rows upwards: few need the search.
  const bool known =
      !entries_.empty() && row <= greatest_row_ &&
      std::any_of(entries_.begin(), entries_.end(),
                  [row](const Entry& entry) { return entry.row == row; });
  if (known) return;
  greatest_row_ =
      entries_.empty() ? row : std::max(greatest_row_, row);
  entries_.push_back({row, expression_, std::move(status)});
}

}  // namespace millrace
