#pragma once

#include "absl/strings/string_view.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// Walks a text by characters of UTF-8 and knows line and column.
class CharacterReader {
 public:
  explicit CharacterReader(absl::string_view text) : text_(text) {}

  bool AtEnd() const { return offset_ >= text_.size(); }
  // The byte `ahead` of the current one; '\0' behind the end.
  char Peek(size_t ahead = 0) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }
  bool StartsWith(absl::string_view prefix) const {
    return Rest().substr(0, prefix.size()) == prefix;
  }
  absl::string_view Rest() const { return text_.substr(offset_); }

  // Over one character. False: the bytes there are no UTF-8, nothing moved.
  // REQUIRES: !AtEnd().
  bool Skip();
  // Over `count` ASCII characters, none of them an end-of-line.
  void SkipAscii(int count);

  // An empty location here; and all from `start` up to here.
  SourceLocation Here() const;
  SourceLocation From(const SourceLocation& start) const;
  absl::string_view TextFrom(const SourceLocation& start) const {
    return text_.substr(start.offset, offset_ - start.offset);
  }

 private:
  absl::string_view text_;
  size_t offset_ = 0;
  int32_t line_ = 1;
  int32_t column_ = 1;
};

}  // namespace millrace::sql
