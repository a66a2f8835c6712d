#include "cli/tableau.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace millrace {
namespace {

// Code points of UTF-8 text; wide ones count as one.
int DisplayWidth(absl::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The first `width` code points.
std::string FirstOf(absl::string_view text, int width) {
  size_t end = 0;
  for (int seen = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && seen++ == width) break;
  }
  return std::string(text.substr(0, end));
}

int WidthOf(const LogicalType& type, int max_width) {
  switch (type.root()) {
    case TypeRoot::kBoolean: return 7;
    case TypeRoot::kTinyInt: return 4;
    case TypeRoot::kSmallInt: return 6;
    case TypeRoot::kInteger: return 11;
    case TypeRoot::kBigInt: return 20;
    case TypeRoot::kDecimal: return type.precision() + 2;
    case TypeRoot::kDate: return 10;
    case TypeRoot::kTime:
      return type.precision() == 0 ? 8 : type.precision() + 9;
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return type.precision() == 0 ? 19 : type.precision() + 20;
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
      return std::min(type.length(), max_width);
    default: return max_width;
  }
}

}  // namespace

Tableau::Tableau(const std::vector<RowField>& columns, int max_width) {
  max_width = std::max(max_width, 3);  // The dots.
  for (const RowField& column : columns) {
    names_.push_back(column.name);
    widths_.push_back(
        std::max(DisplayWidth(column.name), WidthOf(column.type, max_width)));
  }
}

Tableau::Tableau(const std::vector<std::string>& names,
                 const std::vector<std::vector<std::string>>& rows)
    : names_(names) {
  for (size_t i = 0; i < names.size(); ++i) {
    int width = DisplayWidth(names[i]);
    for (const auto& row : rows) width = std::max(width, DisplayWidth(row[i]));
    widths_.push_back(width);
  }
}

std::string Tableau::Rule() const {
  std::string line = "+";
  for (const int width : widths_) {
    line.append(width + 2, '-');
    line.push_back('+');
  }
  line.push_back('\n');
  return line;
}

std::string Tableau::Row(const std::vector<std::string>& cells) const {
  std::string line = "|";
  for (size_t i = 0; i < cells.size(); ++i) {
    const int width = DisplayWidth(cells[i]);
    if (width > widths_[i]) {
      absl::StrAppend(&line, " ", FirstOf(cells[i], widths_[i] - 3), "... |");
    } else {
      absl::StrAppend(&line, " ", std::string(widths_[i] - width, ' '),
                      cells[i], " |");
    }
  }
  line.push_back('\n');
  return line;
}

}  // namespace millrace
