#include "state/run_cursor.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/status_macros.h"

namespace millrace {

RunCursor::RunCursor(const RunFile* run, const RunFile::State* state,
                     KeyGroup limit)
    : run_(run), state_(state) {
  while (limit_ < state->groups.size() &&
         state->groups[limit_].group < limit) {
    ++limit_;
  }
}

absl::Status RunCursor::Open(KeyGroup group) {
  has_entry_ = false;
  rest_ = {};
  left_ = 0;
  while (next_ < limit_ && state_->groups[next_].group < group) ++next_;
  if (next_ == limit_ || state_->groups[next_].group != group) {
    return absl::OkStatus();
  }
  if (fetched_ == nullptr ||
      next_ >= fetched_first_ + fetched_->groups.size()) {
    RETURN_IF_ERROR(Fetch(next_));
  }
  rest_ = fetched_->groups[next_ - fetched_first_];
  left_ = state_->groups[next_].entries;
  ++next_;
  return Next();
}

absl::Status RunCursor::Fetch(size_t first) {
  size_t limit = first + 1;
  int64_t bytes = state_->groups[first].length;
  while (limit < limit_ &&
         bytes + state_->groups[limit].length <= kFetchBytes) {
    bytes += state_->groups[limit++].length;
  }
  fetched_.reset();  // One at a time.
  ASSIGN_OR_RETURN(fetched_, run_->Read(*state_, first, limit));
  fetched_first_ = first;
  return absl::OkStatus();
}

absl::Status RunCursor::EndGroup() {
  has_entry_ = false;
  if (left_ > 0) return run_->Damaged("an entry is cut off");
  return rest_.empty() ? absl::OkStatus() : run_->Damaged("surplus entries");
}

uint64_t RunCursor::StartOfShort(absl::string_view key) {
  char start[8] = {};
  if (!key.empty()) std::memcpy(start, key.data(), key.size());
  uint64_t number;
  std::memcpy(&number, start, 8);
  return __builtin_bswap64(number);
}

}  // namespace millrace
