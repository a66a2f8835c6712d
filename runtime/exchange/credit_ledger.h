#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace millrace {

// How much a sender may send on one channel before its receiver has taken it.
// Both halves are pure and belong to one thread each.
//
// A limit is the sum of all that may be sent since the channel began, so that
// a limit that comes twice, or late, changes nothing. As in a ring, what
// crosses the limit is still sent: an event larger than the window passes, and
// never more than the window and one event are under way.

// The sender's half.
class SenderCredit {
 public:
  // Until the first limit there is none.
  bool MaySend() const { return sent_bytes_ < limit_bytes_; }
  void Sent(int64_t cost_bytes) { sent_bytes_ += cost_bytes; }
  void Raise(int64_t limit_bytes) {
    limit_bytes_ = std::max(limit_bytes_, limit_bytes);
  }

 private:
  int64_t sent_bytes_ = 0;
  int64_t limit_bytes_ = 0;
};

// The receiver's half.
class ReceiverCredit {
 public:
  explicit ReceiverCredit(int64_t window_bytes)
      : window_bytes_(window_bytes), announced_bytes_(window_bytes) {}

  // The limit that the sender is told when it asks.
  int64_t limit_bytes() const { return announced_bytes_; }

  // False: the sender had no credit for it, so it does not keep the rules.
  bool Received(int64_t cost_bytes) {
    const bool had_credit = received_bytes_ < announced_bytes_;
    received_bytes_ += cost_bytes;
    return had_credit;
  }

  // Something that was received has gone where it no longer counts. The new
  // limit, when it is worth a message: a quarter of the window. A sender that
  // may send nothing always gets one when nothing is left here.
  std::optional<int64_t> Passed(int64_t cost_bytes) {
    passed_bytes_ += cost_bytes;
    const int64_t limit_bytes = passed_bytes_ + window_bytes_;
    if (limit_bytes - announced_bytes_ < window_bytes_ / 4) return std::nullopt;
    announced_bytes_ = limit_bytes;
    return limit_bytes;
  }

 private:
  const int64_t window_bytes_;
  int64_t announced_bytes_;
  int64_t received_bytes_ = 0;
  int64_t passed_bytes_ = 0;
};

}  // namespace millrace
