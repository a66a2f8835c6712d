#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/expr/functions_regex_literal.h"

namespace millrace {

// A regular expression with Java's meaning, compiled to machine code by
// PCRE2, and the groups of its last match.
//
// Two programs are kept: one for plain ASCII texts, which are most, one for
// UTF-8. Before either runs, a literal the pattern demands is searched for.
// Not thread-safe.
class RegexPattern {
 public:
  enum class Anchor { kNone, kWhole };

  // Errors: not a pattern of Java's, or of the kind that
  // functions_regex_syntax.h leaves out.
  static absl::StatusOr<std::unique_ptr<RegexPattern>> Compile(
      absl::string_view pattern, Anchor anchor = Anchor::kNone);

  RegexPattern(const RegexPattern&) = delete;
  RegexPattern& operator=(const RegexPattern&) = delete;
  ~RegexPattern();

  int group_count() const { return group_count_; }

  // The first match that begins at byte `from` or later. A text that makes
  // the engine give up (its limits on backtracking) does not match.
  bool Find(absl::string_view text, size_t from = 0);

  // Of the last match, in bytes; group 0 is the whole. nullopt: the group
  // took no part. REQUIRES: Find was true, 0 <= group <= group_count().
  std::optional<absl::string_view> Group(int group) const;
  size_t begin() const { return begin_; }
  size_t end() const { return end_; }

  // Where java.util.regex looks for the next match: behind this one, one
  // character further when it was empty. Larger than the text: nowhere.
  size_t NextFrom() const;

 private:
  class Program;

  RegexPattern() = default;

  std::unique_ptr<Program> ascii_;  // Null where the pattern itself is not.
  std::unique_ptr<Program> utf8_;   // Made when the first such text comes.
  std::string translated_;
  RequiredLiteral literal_;
  int group_count_ = 0;

  absl::string_view text_;
  const size_t* offsets_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace millrace
