#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/expr/functions_regex_syntax.h"
#include "runtime/expr/utf8.h"

namespace millrace {

absl::StatusOr<std::string> TranslateSimilar(absl::string_view pattern,
                                             absl::string_view escape) {
  constexpr absl::string_view kSimilarSpecials = "_%^|*+?(){}[].-";
  constexpr absl::string_view kJavaSpecials = "[]()|^-+*?{}$\\.";
  std::string out;
  bool in_class = false;
  for (size_t at = 0; at < pattern.size();) {
    const size_t next = NextCharacter(pattern, at);
    absl::string_view character = pattern.substr(at, next - at);
    at = next;
    if (!escape.empty() && character == escape) {
      if (at >= pattern.size()) {
        return absl::InvalidArgumentError("Invalid escape sequence");
      }
      const size_t behind = NextCharacter(pattern, at);
      character = pattern.substr(at, behind - at);
      at = behind;
      if (character != escape &&
          kSimilarSpecials.find(character) == absl::string_view::npos) {
        return absl::InvalidArgumentError("Invalid escape sequence");
      }
      if (kJavaSpecials.find(character) != absl::string_view::npos) {
        out += '\\';
      }
      absl::StrAppend(&out, character);
      continue;
    }
    if (in_class) {
      in_class = character != "]";
      absl::StrAppend(&out, character);
    } else if (character == "_") {
      out += '.';
    } else if (character == "%") {
      out += "(?s:.*)";
    } else if (character == "\\" || character == "$") {
      absl::StrAppend(&out, "\\", character);
    } else if (character == "]") {
      return absl::InvalidArgumentError(
          "Invalid regular expression: a stray ]");
    } else {
      in_class = character == "[";
      absl::StrAppend(&out, character);
    }
  }
  if (in_class) {
    return absl::InvalidArgumentError(
        "Invalid regular expression: [ is not closed");
  }
  return out;
}

}  // namespace millrace
