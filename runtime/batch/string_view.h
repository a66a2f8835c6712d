#pragma once

#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace millrace {

// The 16-byte string of a column: length, the first four bytes, and either the
// whole rest (up to 12 bytes in all) or a pointer to all of it.
//
//   0        4          8                16
//   | length | prefix   | rest of <= 12  |      length <= 12, zero padded
//   | length | prefix   | pointer        |      length >  12
//
// Owns nothing: the pointed-to bytes lie in a Chunk that the column's Vector
// holds. Most comparisons end at the first 8 bytes. (The form of Umbra and of
// Arrow's StringView; Neumann and Freitag, CIDR 2020.)
class StringView {
 public:
  static constexpr uint32_t kInlineLimit = 12;

  StringView() : length_(0), prefix_{}, rest_{} {}

  // The bytes of a view longer than kInlineLimit are borrowed.
  explicit StringView(absl::string_view text)
      : length_(static_cast<uint32_t>(text.size())) {
    if (length_ <= kInlineLimit) {
      std::memset(prefix_, 0, 12);
      // An empty view may have no address at all.
      if (length_ > 0) std::memcpy(prefix_, text.data(), length_);
    } else {
      std::memcpy(prefix_, text.data(), 4);
      pointer_ = text.data();
    }
  }

  uint32_t size() const { return length_; }
  bool is_inline() const { return length_ <= kInlineLimit; }
  const char* data() const { return is_inline() ? prefix_ : pointer_; }
  // REQUIRES: this view outlives the result when is_inline().
  absl::string_view view() const { return {data(), length_}; }

  friend bool operator==(const StringView& a, const StringView& b) {
    uint64_t head_a, head_b;
    std::memcpy(&head_a, &a, 8);
    std::memcpy(&head_b, &b, 8);
    if (head_a != head_b) return false;
    uint64_t tail_a, tail_b;
    std::memcpy(&tail_a, reinterpret_cast<const char*>(&a) + 8, 8);
    std::memcpy(&tail_b, reinterpret_cast<const char*>(&b) + 8, 8);
    if (tail_a == tail_b) return true;
    return !a.is_inline() &&
           std::memcmp(a.pointer_ + 4, b.pointer_ + 4, a.length_ - 4) == 0;
  }

  // Negative, zero or positive: order of the bytes, unsigned, as in Flink's
  // string comparison.
  static int Compare(const StringView& a, const StringView& b) {
    const uint32_t shared = a.length_ < b.length_ ? a.length_ : b.length_;
    const int order = std::memcmp(a.data(), b.data(), shared);
    if (order != 0) return order;
    return a.length_ < b.length_ ? -1 : a.length_ > b.length_;
  }

 private:
  uint32_t length_;
  // prefix_ and rest_ are one run of 12 bytes when the string is inline.
  char prefix_[4];
  union {
    char rest_[8];
    const char* pointer_;
  };
};
static_assert(sizeof(StringView) == 16);

}  // namespace millrace
