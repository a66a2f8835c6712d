#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/memory_budget.h"

namespace millrace {

// The part of a budget that caches borrow: one that is asked for much may hold
// nearly all of it while the others need little. When they need more, it is
// filled up evenly, as water would: nobody is allowed more than another that
// goes without.
//
// Nothing is taken away from anybody. Who is allowed less than it holds gives
// back when it asks the next time; until then the others may have only what is
// really left. A quarter is therefore everybody's own in equal parts, whatever
// others hold.
//
// Invariant: what members hold and were promised is together at most `bytes`,
// but for the own part of one that came while everything was lent. None grows
// into what the budget keeps free for everything else.
//
// A promise is seen in the budget as soon as it is taken, and here when its
// member asks again. In between it counts twice where another would grow, and
// not at all where it would have to give back. Thread-safe.
class SpareMemory {
 public:
  // `budget`, of which it is a part, may be null, and outlives it.
  explicit SpareMemory(int64_t bytes, const MemoryBudget* budget = nullptr)
      : bytes_(bytes), budget_(budget) {}

  struct Request {
    int64_t held_bytes = 0;    // Drawn from the budget.
    int64_t wanted_bytes = 0;  // What it would hold; no less, as a rule.
    // What grows is copied: there must be room for both beside each other.
    bool is_copied = true;
  };

  // One cache. Called by one thread.
  class Member {
   public:
    explicit Member(std::shared_ptr<SpareMemory> of);
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // How much it may hold: what it wants, or as much as it holds, or less.
    int64_t Ask(const Request& request);

   private:
    friend class SpareMemory;
    const std::shared_ptr<SpareMemory> of_;
    // Guarded by of_->mutex_.
    Request request_;
    int64_t promised_bytes_ = 0;  // No less than it holds.
  };

  // What one that wants `own` gets of `total` beside others that want `others`.
  static int64_t FairPart(int64_t total, int64_t own,
                          std::vector<int64_t> others);

 private:
  int64_t Answer(const Member& member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int64_t bytes_;
  const MemoryBudget* const budget_;
  absl::Mutex mutex_;
  std::vector<Member*> members_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
