#include "state/frozen_slots.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Entries fetched before the first of them is written: what changed lies
// scattered, and DRAM takes as long as writing some.
constexpr uint32_t kFrozenAhead = 32;

}  // namespace

absl::StatusOr<uint32_t> FrozenSlots::WriteOn(uint32_t limit) {
  uint64_t positions[kFrozenAhead];
  uint32_t done = 0;
  while (table_ != nullptr && done < limit && status_.ok()) {
    const uint32_t wanted = std::min(limit - done, kFrozenAhead);
    const uint32_t count = NextPending(wanted, positions);
    for (uint32_t i = 0; i < count; ++i) WriteEntry(positions[i]);
    done += count;
    if (count < wanted) {
      if (status_.ok()) table_->TakeBack(std::exchange(pending_, SlotBits()));
      table_ = nullptr;
    } else {
      next_ = positions[count - 1] + 1;
    }
  }
  RETURN_IF_ERROR(status_);
  return done;
}

uint32_t FrozenSlots::NextPending(uint32_t limit, uint64_t* positions) const {
  uint32_t count = 0;
  for (uint64_t number = next_ >> 6;
       count < limit && number < pending_.word_count(); ++number) {
    uint64_t bits = pending_.word(number);
    if (number == next_ >> 6) bits &= ~uint64_t{0} << (next_ & 63);
    for (; bits != 0 && count < limit; bits &= bits - 1) {
      positions[count] = number * 64 + std::countr_zero(bits);
      table_->Fetch(positions[count++]);
    }
  }
  return count;
}

void FrozenSlots::WriteEntry(uint64_t position) {
  pending_.Set(position, false);
  status_.Update(table_->Write(position));
}

void FrozenSlots::Leave(uint64_t position) {
  if (pending_.Has(position)) WriteEntry(position);
}

// It may have come from in front of the writing to behind it.
void FrozenSlots::Move(uint64_t from, uint64_t to) {
  if (!pending_.Has(from)) return pending_.Set(to, false);
  pending_.Set(from, false);
  pending_.Set(to, true);
  next_ = std::min(next_, to);
}

SlotBits FrozenSlots::Exchange(SlotBits pending) {
  next_ = 0;
  return std::exchange(pending_, std::move(pending));
}

// What fails is said by the next WriteOn.
void FrozenSlots::Finish() {
  (void)WriteOn(UINT32_MAX);
  table_ = nullptr;
}

}  // namespace millrace
