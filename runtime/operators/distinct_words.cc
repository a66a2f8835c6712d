#include "runtime/operators/distinct_words.h"

#include <bit>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr uint64_t kFirstCapacity = 64;
constexpr uint64_t kGrowFastBelow = 64 << 10;
// As in KeyedSlots: a table cleared keeps its room if it was well used.
constexpr uint64_t kKeepBelow = 4096;
constexpr uint64_t kKeepAbovePart = 32;
// As many values ahead as cover DRAM's latency.
constexpr uint32_t kAhead = 16;

}  // namespace

class DistinctWords::FrozenView final : public FrozenTable {
 public:
  using Writer = std::function<absl::Status(const Entry&)>;
  FrozenView(DistinctWords* table, Writer write)
      : table_(table), write_(std::move(write)) {}
  ~FrozenView() override { table_->frozen_ = nullptr; }

  void Fetch(uint64_t position) const override {
    __builtin_prefetch(table_->entries() + position);
  }
  absl::Status Write(uint64_t position) override {
    const Entry& entry = table_->entries()[position];
    return entry.bits == 0 ? absl::OkStatus() : write_(entry);
  }

 private:
  DistinctWords* const table_;
  const Writer write_;
};

DistinctWords::~DistinctWords() {
  if (frozen_ != nullptr) frozen_->Finish();
}

absl::Status DistinctWords::Apply(const uint64_t* words,
                                  const uint32_t* groups,
                                  const uint64_t* masks, uint32_t count,
                                  uint64_t* changed) {
  const bool marks = is_settled_;
  FrozenSlots* const frozen = frozen_;
  for (uint32_t i = 0; i < count; ++i) {
    if (size_ >= limit_) RETURN_IF_ERROR(Grow());
    if (i + kAhead < count) {
      __builtin_prefetch(
          entries() + HomeOf(words[i + kAhead], groups[i + kAhead]), 1);
    }
    const auto mask = static_cast<uint32_t>(masks[i]);
    uint64_t position = HomeOf(words[i], groups[i]);
    for (;; position = (position + 1) & (capacity_ - 1)) {
      Entry& entry = entries()[position];
      if (entry.word == words[i] && entry.group == groups[i] &&
          entry.bits != 0) {
        changed[i] = mask & ~entry.bits;
        if (frozen != nullptr && changed[i] != 0) frozen->Leave(position);
        entry.bits |= mask;
        if (marks && changed[i] != 0) {
          ChangeMarks::Set(marks_.changed(), position);
        }
        break;
      }
      if (entry.bits != 0) continue;
      if (frozen != nullptr) frozen->Forget(position);
      entry = {.word = words[i], .group = groups[i], .bits = mask};
      size_ += mask != 0;
      changed[i] = mask;
      if (marks && mask != 0) marks_.MarkFresh(position);
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status DistinctWords::Grow() {
  const uint64_t old_capacity = capacity_;
  const uint64_t new_capacity =
      old_capacity == 0 ? kFirstCapacity
                        : old_capacity *
                              (old_capacity < kGrowFastBelow ? 4 : 2);
  ASSIGN_OR_RETURN(TableMemory larger,
                   TableMemory::Allocate(new_capacity * sizeof(Entry),
                                         memory_budget_, owner_));
  ChangeMarks marks;
  if (is_settled_) {
    ASSIGN_OR_RETURN(marks,
                     ChangeMarks::Make(new_capacity, memory_budget_, owner_));
  }
  SlotBits pending;
  if (frozen_ != nullptr) {
    ASSIGN_OR_RETURN(pending,
                     SlotBits::Make(new_capacity, memory_budget_, owner_));
  }
  std::swap(memory_, larger);
  capacity_ = new_capacity;
  shift_ = 64 - std::countr_zero(new_capacity);
  limit_ = new_capacity / 4 * 3;
  const auto* old = reinterpret_cast<const Entry*>(larger.data());
  for (uint64_t i = 0; i < old_capacity; ++i) {
    if (old[i].bits == 0) continue;
    uint64_t position = HomeOf(old[i].word, old[i].group);
    while (entries()[position].bits != 0) {
      position = (position + 1) & (capacity_ - 1);
    }
    entries()[position] = old[i];
    if (marks_.is_on()) marks.Copy(marks_, i, position);
    if (frozen_ != nullptr && frozen_->IsPending(i)) {
      pending.Set(position, true);
    }
  }
  marks_ = std::move(marks);
  if (frozen_ != nullptr) frozen_->Exchange(std::move(pending));
  return absl::OkStatus();
}

uint32_t DistinctWords::Scan(uint64_t* position, uint32_t limit,
                             Entry* out) const {
  uint32_t count = 0;
  uint64_t at = *position;
  for (; at < capacity_ && count < limit; ++at) {
    out[count] = entries()[at];
    count += entries()[at].bits != 0;
  }
  *position = at;
  return count;
}

uint32_t DistinctWords::ScanChanged(uint64_t* position, uint32_t limit,
                                    Entry* out) const {
  if (!is_settled_) return Scan(position, limit, out);
  uint32_t count = 0;
  uint64_t at = *position;
  while (at < capacity_ && count < limit) {
    const uint64_t bits = marks_.changed()[at >> 6] >> (at & 63);
    if (bits == 0) {
      at = (at | 63) + 1;
      continue;
    }
    at += std::countr_zero(bits);
    out[count++] = entries()[at++];
  }
  *position = at;
  return count;
}

absl::Status DistinctWords::Settle() {
  if (marks_.is_on()) {
    marks_.UnmarkAll();
  } else if (capacity_ > 0) {
    ASSIGN_OR_RETURN(marks_,
                     ChangeMarks::Make(capacity_, memory_budget_, owner_));
  }
  is_settled_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SnapshotRest>> DistinctWords::Freeze(
    SnapshotWriter::Extent extent,
    std::function<absl::Status(const Entry&)> write) {
  MILLRACE_CHECK(frozen_ == nullptr);
  const bool all = extent == SnapshotWriter::Extent::kAll || !is_settled_;
  std::unique_ptr<FrozenSlots> frozen;
  if (size_ > 0) {
    ASSIGN_OR_RETURN(SlotBits pending,
                     SlotBits::Make(capacity_, memory_budget_, owner_));
    all ? pending.Fill() : pending.CopyFrom(marks_.changed());
    frozen = std::make_unique<FrozenSlots>(
        std::make_unique<FrozenView>(this, std::move(write)),
        std::move(pending));
    frozen_ = frozen.get();
  }
  RETURN_IF_ERROR(Settle());
  return frozen;
}

void DistinctWords::Clear() {
  if (frozen_ != nullptr) frozen_->Finish();
  if (capacity_ > kKeepBelow && size_ < capacity_ / kKeepAbovePart) {
    memory_ = TableMemory();
    capacity_ = limit_ = 0;
  } else if (size_ > 0) {
    std::memset(memory_.data(), 0, capacity_ * sizeof(Entry));
  }
  size_ = 0;
  is_settled_ = false;
  marks_ = ChangeMarks();
}

}  // namespace millrace
