#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// A LIKE pattern, compiled: `%` is any run of characters, `_` one character,
// and behind the escape character (if there is one) `%`, `_` and itself stand
// for themselves. Patterns without `_` are searched for byte by byte. An
// immutable value.
class LikePattern {
 public:
  struct Options {
    // Empty: no escape character. Else exactly one character.
    absl::string_view escape;
    bool ignore_case = false;  // ILIKE, for ASCII letters.
  };

  // Errors: an escape of several characters, or one before a character that
  // needs none.
  static absl::StatusOr<LikePattern> Compile(absl::string_view pattern,
                                             const Options& options);

  bool Matches(absl::string_view text) const;

 private:
  // Text between two `%`. `wild[i]` says that byte i stands for one whole
  // character.
  struct Piece {
    std::string bytes;
    std::vector<bool> wild;  // Empty: nothing is wild.

    // The bytes before the first wild one.
    absl::string_view Head() const;
  };

  bool IsPlain(const Piece& piece) const {
    return piece.wild.empty() && !ignore_case_;
  }
  bool MatchesAt(const Piece& piece, absl::string_view text, size_t at,
                 size_t* end) const;
  // The first place from `at` on, and its end; false: none.
  bool Find(const Piece& piece, absl::string_view text, size_t at,
            size_t* end) const;
  bool EndsWith(const Piece& piece, absl::string_view text,
                size_t at) const;

  std::vector<Piece> pieces_;  // One more than there are `%`.
  bool ignore_case_ = false;
};

}  // namespace millrace
