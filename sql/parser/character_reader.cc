#include "sql/parser/character_reader.h"

#include "sql/parser/source_text.h"

namespace millrace::sql {

bool CharacterReader::Skip() {
  const int bytes = CharacterBytes(Rest());
  if (bytes == 0) return false;
  if (text_[offset_] == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
  offset_ += bytes;
  return true;
}

void CharacterReader::SkipAscii(int count) {
  offset_ += count;
  column_ += count;
}

SourceLocation CharacterReader::Here() const {
  return {.line = line_,
          .column = column_,
          .offset = static_cast<int32_t>(offset_)};
}

SourceLocation CharacterReader::From(const SourceLocation& start) const {
  SourceLocation location = start;
  location.length = static_cast<int32_t>(offset_) - start.offset;
  return location;
}

}  // namespace millrace::sql
