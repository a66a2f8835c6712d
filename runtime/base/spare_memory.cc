#include "runtime/base/spare_memory.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr int64_t kOwnPart = 4;
// So much of a budget stays free for what does not ask: windows, batches.
constexpr int64_t kFreePart = 8;

}  // namespace

SpareMemory::Member::Member(std::shared_ptr<SpareMemory> of)
    : of_(std::move(of)) {
  absl::MutexLock lock(&of_->mutex_);
  of_->members_.push_back(this);
}

SpareMemory::Member::~Member() {
  absl::MutexLock lock(&of_->mutex_);
  std::erase(of_->members_, this);
}

int64_t SpareMemory::Member::Ask(int64_t held_bytes, int64_t wanted_bytes) {
  absl::MutexLock lock(&of_->mutex_);
  held_bytes_ = held_bytes;
  wanted_bytes_ = std::max(held_bytes, wanted_bytes);
  const int64_t allowed = of_->Answer(*this);
  promised_bytes_ = std::max(held_bytes, allowed);
  return allowed;
}

int64_t SpareMemory::FairPart(int64_t total, int64_t own,
                              std::vector<int64_t> others) {
  std::sort(others.begin(), others.end());
  auto left = static_cast<int64_t>(others.size()) + 1;
  for (const int64_t other : others) {
    // All that are left want at least as much: they share evenly.
    if (other * left >= total) break;
    total -= other;
    --left;
  }
  return std::min(own, std::max<int64_t>(total / left, 0));
}

int64_t SpareMemory::Answer(const Member& member) {
  const int64_t own_part =
      bytes_ / kOwnPart / static_cast<int64_t>(members_.size());
  std::vector<int64_t> wanted;
  int64_t held = member.held_bytes_;
  int64_t promised = 0;  // And not taken yet.
  int64_t lent = 0;
  for (const Member* one : members_) {
    if (one == &member) continue;
    wanted.push_back(std::max(one->wanted_bytes_, own_part));
    held += one->held_bytes_;
    promised += one->promised_bytes_ - one->held_bytes_;
    lent += std::max(one->promised_bytes_, own_part);
  }
  int64_t total = bytes_;
  int64_t free = INT64_MAX;
  if (budget_ != nullptr) {
    free = budget_->limit_bytes() - budget_->used_bytes() - promised;
    total = std::min(total, held + promised + free -
                                budget_->limit_bytes() / kFreePart);
  }
  const int64_t fair = FairPart(total, member.wanted_bytes_, wanted);
  const int64_t allowed = std::max(std::min(fair, total - lent), own_part);
  const bool fits = member.wanted_bytes_ <= allowed &&
                    (member.wanted_bytes_ <= free ||
                     member.wanted_bytes_ == member.held_bytes_);
  return fits ? member.wanted_bytes_ : std::min(member.held_bytes_, allowed);
}

}  // namespace millrace
