#include "runtime/operators/source_idleness.h"

#include <algorithm>
#include <utility>

namespace millrace {

void SourceIdleness::OnSplit() {
  idle_nanos_.push_back(0);
  no_split_since_nanos_ = -1;
}

bool SourceIdleness::OnRows(int split) {
  idle_nanos_[split] = 0;
  splits_.SetIdle(split, false);
  return std::exchange(idle_, false);
}

bool SourceIdleness::OnNothing(int64_t now_nanos) {
  const int64_t waited =
      last_nothing_nanos_ < 0 ? 0 : now_nanos - last_nothing_nanos_;
  last_nothing_nanos_ = now_nanos;
  due_nanos_ = INT64_MAX;
  if (timeout_nanos_ == 0) return false;
  for (int split = 0; split < splits_.split_count(); ++split) {
    if (splits_.is_finished(split) || splits_.is_idle(split)) continue;
    idle_nanos_[split] += waited;
    const int64_t left = timeout_nanos_ - idle_nanos_[split];
    if (left <= 0) {
      splits_.SetIdle(split, true);
    } else {
      due_nanos_ = std::min(due_nanos_, now_nanos + left);
    }
  }
  if (idle_ || !splits_.AllIdle()) return false;
  idle_ = true;
  return true;
}

bool SourceIdleness::OnNoSplit(int64_t now_nanos) {
  due_nanos_ = INT64_MAX;
  if (idle_ || timeout_nanos_ == 0) return false;
  if (no_split_since_nanos_ < 0) no_split_since_nanos_ = now_nanos;
  if (now_nanos < no_split_since_nanos_ + timeout_nanos_) {
    due_nanos_ = no_split_since_nanos_ + timeout_nanos_;
    return false;
  }
  idle_ = true;
  return true;
}

}  // namespace millrace
