#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "runtime/connector/letter_parts.h"

namespace millrace {

// A dead letter as its file has it (runtime/operators/dead_letter_line.h).
struct DeadLetter {
  std::string line;  // Whole.
  std::string time;
  std::string code;
  // Where the record came from, with its bytes; none: it is a row, on which an
  // expression failed or which a sink refused.
  std::optional<LetterRecord> record;
};

// nullopt: the line is not one.
std::optional<DeadLetter> ParseDeadLetter(absl::string_view line);

}  // namespace millrace
