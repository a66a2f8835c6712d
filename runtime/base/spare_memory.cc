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

int64_t SpareMemory::Member::Ask(const Request& request) {
  absl::MutexLock lock(&of_->mutex_);
  request_ = request;
  request_.wanted_bytes = std::max(request.held_bytes, request.wanted_bytes);
  const int64_t allowed = of_->Answer(*this);
  promised_bytes_ = std::max(request.held_bytes, allowed);
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
  const Request& request = member.request_;
  const int64_t own_part =
      bytes_ / kOwnPart / static_cast<int64_t>(members_.size());
  std::vector<int64_t> wanted;
  int64_t held = request.held_bytes;
  int64_t promised = 0;  // To others; taken or not.
  int64_t lent = 0;
  for (const Member* one : members_) {
    if (one == &member) continue;
    wanted.push_back(std::max(one->request_.wanted_bytes, own_part));
    held += one->request_.held_bytes;
    promised += one->promised_bytes_ - one->request_.held_bytes;
    lent += std::max(one->promised_bytes_, own_part);
  }
  int64_t free = INT64_MAX;
  int64_t total = bytes_;           // As if no promise were taken yet,
  int64_t total_if_taken = bytes_;  // and as if all were.
  if (budget_ != nullptr) {
    free = budget_->limit_bytes() - budget_->used_bytes();
    total = std::min(bytes_,
                     held + free - budget_->limit_bytes() / kFreePart);
    total_if_taken = std::min(bytes_, total + promised);
    free -= promised;
  }
  const auto allowed_of = [&](int64_t all) {
    const int64_t fair = FairPart(all, request.wanted_bytes, wanted);
    return std::max(std::min(fair, all - lent), own_part);
  };
  const int64_t more_bytes = request.wanted_bytes - request.held_bytes;
  const int64_t room = request.is_copied ? request.wanted_bytes : more_bytes;
  if (more_bytes > 0 && request.wanted_bytes <= allowed_of(total) &&
      room <= free) {
    return request.wanted_bytes;
  }
  return std::min(request.held_bytes, allowed_of(total_if_taken));
}

}  // namespace millrace
