#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "runtime/base/memory_budget.h"
#include "runtime/base/status_macros.h"

namespace millrace {

// What something that grows in ordinary memory has drawn from a budget for it;
// given back when it goes. Used by one thread at a time.
class MemoryCharge {
 public:
  // `budget` may be null (unbounded) and outlives the charge.
  MemoryCharge(MemoryBudget* budget, std::string owner)
      : budget_(budget), owner_(std::move(owner)) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(other.budget_),
        owner_(std::move(other.owner_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&&) = delete;
  ~MemoryCharge() {
    if (budget_ != nullptr) budget_->Give(bytes_);
  }

  // Draws what is missing to `bytes`, and some more, so that it may be called
  // often. kResourceExhausted as MemoryBudget::Take says.
  absl::Status Hold(int64_t bytes) {
    if (budget_ == nullptr || bytes <= bytes_) return absl::OkStatus();
    const int64_t more = std::max(bytes - bytes_, kStepBytes);
    RETURN_IF_ERROR(budget_->Take(more, owner_));
    bytes_ += more;
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kStepBytes = 16 << 10;

  MemoryBudget* const budget_;
  std::string owner_;
  int64_t bytes_ = 0;
};

}  // namespace millrace
