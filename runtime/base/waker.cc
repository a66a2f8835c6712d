#include "runtime/base/waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/check.h"

namespace millrace {

Waker::Waker() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  MILLRACE_CHECK(fd_ >= 0);
}

Waker::~Waker() { close(fd_); }

void Waker::Wake() {
  if (state_.exchange(kWoken) == kSleeping) {
    const uint64_t one = 1;
    MILLRACE_CHECK(write(fd_, &one, sizeof(one)) == sizeof(one));
  }
}

void Waker::BeginTurn() { state_.exchange(kRunning); }

void Waker::Wait(int64_t timeout_nanos) {
  if (timeout_nanos <= 0) return;
  int expected = kRunning;
  if (!state_.compare_exchange_strong(expected, kSleeping)) return;
  pollfd waited = {fd_, POLLIN, 0};
  const timespec timeout = {timeout_nanos / 1'000'000'000,
                            timeout_nanos % 1'000'000'000};
  ppoll(&waited, 1, timeout_nanos == INT64_MAX ? nullptr : &timeout, nullptr);
  // A signal may end the sleep too; the caller looks and comes back. A Wake
  // that saw kSleeping but writes only after this read leaves a count behind,
  // which cuts one later sleep short.
  state_.exchange(kRunning);
  uint64_t count;
  [[maybe_unused]] const ssize_t drained = read(fd_, &count, sizeof(count));
}

}  // namespace millrace
