#include "runtime/base/rate.h"

#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

double Rate::PerSecond(int64_t value) {
  const int64_t now = clock_->SteadyNanos();
  VisibleMutexLock lock(&mutex_);
  if (!started_) {
    started_ = true;
    last_nanos_ = now;
    last_value_ = value;
    return 0;
  }
  const int64_t passed = now - last_nanos_;
  if (passed >= absl::ToInt64Nanoseconds(kWindow)) {
    per_second_ = static_cast<double>(value - last_value_) * 1e9 /
                  static_cast<double>(passed);
    last_nanos_ = now;
    last_value_ = value;
  }
  return per_second_;
}

}  // namespace millrace
