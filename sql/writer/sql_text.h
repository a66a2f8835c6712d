#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sql/parser/ast_name.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {

// SQL being written: what the writers of to_sql.h append to.
class SqlText {
 public:
  explicit SqlText(QuoteStyle quotes) : quotes_(quotes) {}

  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&text_, parts...);
  }
  void AddName(const Name& name) {
    text_.append(QuoteIdentifier(name.text, quotes_));
  }
  void AddName(const ObjectName& name) { AddPath(name.parts); }
  void AddPath(const std::vector<Name>& parts);
  // (a, b)
  void AddNames(const std::vector<Name>& names);
  // " AS a", " COMMENT 'x'": `word` and the quoted text.
  void AddString(absl::string_view word, absl::string_view value) {
    Add(word, QuoteString(value));
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  QuoteStyle quotes_;
};

// Separators of a list: nothing before its first item.
class Comma {
 public:
  explicit Comma(absl::string_view text = ", ") : text_(text) {}
  absl::string_view Next() {
    const absl::string_view now = first_ ? absl::string_view() : text_;
    first_ = false;
    return now;
  }

 private:
  absl::string_view text_;
  bool first_ = true;
};

}  // namespace millrace::sql
