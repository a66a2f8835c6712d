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
  // Wider text is cut, with "..." at its end; Flink's
  // sql-client.display.max-column-width.
  static constexpr int kMaxWidth = 30;

  // Widths by name and type.
  explicit Tableau(const std::vector<RowField>& columns);
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
