#pragma once

#include <string>
#include <vector>

#include "runtime/types/logical_type.h"

namespace millrace {

// The text table of Flink's SQL client: right-aligned cells of a width that
// follows the column's name and type, so that rows can be printed one by one.
//
//   +----+----------------------+
//   | op |                 bids |
//   +----+----------------------+
//   | +I |                   42 |
//   +----+----------------------+
class Tableau {
 public:
  // Flink's default of table.display.max-column-width.
  static constexpr int kMaxWidth = 30;

  // Widths by name and type. Text wider than `max_width` is cut, with "..." at
  // its end.
  explicit Tableau(const std::vector<RowField>& columns,
                   int max_width = kMaxWidth);
  // Widths by the widest cell: for results known as a whole. `rows` are as
  // wide as `names`.
  Tableau(const std::vector<std::string>& names,
          const std::vector<std::vector<std::string>>& rows);

  std::string Rule() const;
  std::string Header() const { return Row(names_); }
  // REQUIRES: as many cells as columns. Ends with a newline, as all of these.
  std::string Row(const std::vector<std::string>& cells) const;

 private:
  std::vector<std::string> names_;
  std::vector<int> widths_;
};

}  // namespace millrace
