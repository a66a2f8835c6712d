#pragma once

#include <atomic>
#include <cstdint>

namespace millrace {

// Lets one thread sleep until another has work for it, or a deadline passes.
//
// The owner goes round: BeginTurn, look everywhere for work, and if there was
// none, Wait. A Wake that falls between BeginTurn and Wait makes that Wait
// return at once, so no work posted before its Wake is ever slept over. A Wake
// of a thread that is awake costs one atomic exchange; the system call happens
// only when it sleeps.
//
// Wake is thread-safe; the rest is the owner's.
class Waker {
 public:
  Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker();

  void Wake();

  void BeginTurn();
  // Whether there was a Wake since BeginTurn.
  bool WasWoken() const { return state_.load() == kWoken; }
  // Sleeps until the first Wake since BeginTurn, or for `timeout_nanos`.
  // INT64_MAX sleeps without a limit; 0 or less does not sleep.
  void Wait(int64_t timeout_nanos);

 private:
  enum State : int { kRunning, kWoken, kSleeping };

  std::atomic<int> state_{kRunning};
  int fd_;
};

}  // namespace millrace
