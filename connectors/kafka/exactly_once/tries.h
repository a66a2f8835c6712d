#pragma once

#include <string>
#include <utility>

#include "absl/time/time.h"

namespace millrace::kafka {

// The tries of one transactional id that came to nothing, one after the other,
// and how long the next one waits for that. A value; no clock.
class Tries {
 public:
  // Before the next session or request, doubled up to the longest.
  static constexpr absl::Duration kFirstWait = absl::Milliseconds(50);
  static constexpr absl::Duration kLongestWait = absl::Seconds(5);
  // So many in a row came to nothing: perhaps a topic is another now.
  static constexpr int kLookAgain = 4;
  // Where Kafka refuses: a right that is given back is noticed within a minute.
  static constexpr absl::Duration kFirstParkedWait = absl::Seconds(1);
  static constexpr absl::Duration kLongestParkedWait = absl::Minutes(1);

  // One came to nothing: the next waits.
  void Fail() {
    ++in_a_row_;
    ++fruitless_;
    waits_ = true;
  }
  // Why the last one did, in Kafka's words.
  void SetTrouble(std::string why) { trouble_ = std::move(why); }
  // Kafka refused the last one for good: the sink is parked.
  void Refuse() { ++refusals_; }
  // Nothing that waits is refused any more.
  void ForgetRefusals() { refusals_ = 0; }
  bool is_refused() const { return refusals_ > 0; }

  // The topics can be used: pauses begin anew.
  void BeginAnew() { in_a_row_ = 0; }
  // Something was committed, or nothing is left to be.
  void Succeed() { in_a_row_ = fruitless_ = 0; }
  // Those since the last Succeed, whatever BeginAnew forgot.
  int fruitless() const { return fruitless_; }
  bool are_stuck() const { return fruitless_ >= kLookAgain; }
  const std::string& trouble() const { return trouble_; }
  // Whether the topics are to be looked at before the next one.
  bool want_a_look() const { return in_a_row_ % kLookAgain == 0; }

  // Whether the next one waits, though none failed just now.
  void SetWaits(bool waits) { waits_ = waits; }
  // How long it does; those behind it do not, unless it comes to nothing too.
  absl::Duration TakeWait();

 private:
  int in_a_row_ = 0;
  int fruitless_ = 0;
  int refusals_ = 0;
  bool waits_ = false;
  std::string trouble_;
};

}  // namespace millrace::kafka
