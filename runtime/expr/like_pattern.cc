#include "runtime/expr/like_pattern.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/byte_search.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

absl::Status BadEscape(absl::string_view pattern, size_t at) {
  return UserError(
      {.code = "EXP-0102",
       .what = absl::StrCat("Invalid escape sequence '", pattern, "', ", at),
       .fix = "The escape character may stand before %, _ and itself only"});
}

}  // namespace

absl::StatusOr<LikePattern> LikePattern::Compile(absl::string_view pattern,
                                                 const Options& options) {
  const absl::string_view escape = options.escape;
  if (!escape.empty() &&
      (NextCharacter(escape, 0) != escape.size() || escape[0] == '\0')) {
    return UserError({.code = "EXP-0102",
                      .what = absl::StrCat("Invalid escape character '",
                                           escape, "'"),
                      .fix = "Give exactly one character"});
  }
  LikePattern like;
  like.ignore_case_ = options.ignore_case;
  like.pieces_.emplace_back();
  const auto add = [&like](absl::string_view bytes, bool wild) {
    Piece& piece = like.pieces_.back();
    if (wild && piece.wild.empty()) piece.wild.resize(piece.bytes.size());
    piece.bytes.append(bytes.data(), bytes.size());
    if (wild || !piece.wild.empty()) {
      piece.wild.resize(piece.bytes.size(), wild);
    }
  };
  for (size_t at = 0; at < pattern.size();) {
    const size_t next = NextCharacter(pattern, at);
    absl::string_view character = pattern.substr(at, next - at);
    if (!escape.empty() && character == escape) {
      if (next >= pattern.size()) return BadEscape(pattern, at);
      const size_t behind = NextCharacter(pattern, next);
      character = pattern.substr(next, behind - next);
      if (character != "%" && character != "_" && character != escape) {
        return BadEscape(pattern, at);
      }
      add(character, false);
      at = behind;
      continue;
    }
    if (character == "%") {
      like.pieces_.emplace_back();
    } else {
      add(character, character == "_");
    }
    at = next;
  }
  return like;
}

absl::string_view LikePattern::Piece::Head() const {
  size_t size = 0;
  while (size < bytes.size() && (wild.empty() || !wild[size])) ++size;
  return absl::string_view(bytes).substr(0, size);
}

bool LikePattern::MatchesAt(const Piece& piece, absl::string_view text,
                            size_t at, size_t* end) const {
  if (IsPlain(piece)) {
    *end = at + piece.bytes.size();
    return text.size() - at >= piece.bytes.size() &&
           std::memcmp(text.data() + at, piece.bytes.data(),
                       piece.bytes.size()) == 0;
  }
  for (size_t i = 0; i < piece.bytes.size(); ++i) {
    if (at >= text.size()) return false;
    if (!piece.wild.empty() && piece.wild[i]) {
      at = NextCharacter(text, at);
      continue;
    }
    const bool same = ignore_case_ ? absl::ascii_tolower(text[at]) ==
                                         absl::ascii_tolower(piece.bytes[i])
                                   : text[at] == piece.bytes[i];
    if (!same) return false;
    ++at;
  }
  *end = at;
  return true;
}

bool LikePattern::Find(const Piece& piece, absl::string_view text, size_t at,
                       size_t* end) const {
  const absl::string_view head =
      ignore_case_ ? absl::string_view() : piece.Head();
  while (true) {
    if (!head.empty()) at = FindBytes(text, head, at);
    if (at > text.size()) return false;
    if (MatchesAt(piece, text, at, end)) return true;
    if (at == text.size()) return false;
    at = NextCharacter(text, at);
  }
}

bool LikePattern::EndsWith(const Piece& piece, absl::string_view text,
                           size_t at) const {
  if (IsPlain(piece)) {
    return text.size() - at >= piece.bytes.size() &&
           std::memcmp(text.data() + text.size() - piece.bytes.size(),
                       piece.bytes.data(), piece.bytes.size()) == 0;
  }
  // A wild byte takes one character of up to four bytes, so the place is not
  // known from the end.
  for (size_t end = 0; at <= text.size(); at = NextCharacter(text, at)) {
    if (MatchesAt(piece, text, at, &end) && end == text.size()) return true;
    if (at == text.size()) break;
  }
  return false;
}

bool LikePattern::Matches(absl::string_view text) const {
  size_t at = 0;
  if (!MatchesAt(pieces_.front(), text, 0, &at)) return false;
  if (pieces_.size() == 1) return at == text.size();
  // Leftmost places leave the most room for what follows.
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    if (!Find(pieces_[i], text, at, &at)) return false;
  }
  return EndsWith(pieces_.back(), text, at);
}

}  // namespace millrace
