#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// Reads a text from left to right. Each method takes what it names or leaves
// the text where it was and returns false.
class TextCursor {
 public:
  explicit TextCursor(absl::string_view text)
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  absl::string_view rest() const {
    return {at_, static_cast<size_t>(end_ - at_)};
  }
  char peek() const { return at_ == end_ ? '\0' : *at_; }

  bool Skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool Skip(absl::string_view text) {
    if (rest().substr(0, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }

  // As many digits as there are, `min` to `max` (at most 9).
  bool Number(int min, int max, int* out) {
    int value = 0;
    int count = 0;
    const char* at = at_;
    for (; count < max && at != end_ && *at >= '0' && *at <= '9';
         ++at, ++count) {
      value = value * 10 + (*at - '0');
    }
    if (count < min) return false;
    at_ = at;
    *out = value;
    return true;
  }

  // Up to `max` (at most 9) digits of a fraction, as billionths. None is 0.
  bool Fraction(int max, int32_t* billionths) {
    int32_t value = 0;
    int32_t unit = 100'000'000;
    for (; max > 0 && at_ != end_ && *at_ >= '0' && *at_ <= '9';
         ++at_, --max, unit /= 10) {
      value += unit * (*at_ - '0');
    }
    *billionths = value;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace millrace
