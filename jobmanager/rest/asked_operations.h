#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace millrace {

// What was asked for and takes longer than a request may: the asker is given a
// trigger id, and comes again with it until there is an outcome.
//
// An outcome is kept for the latest kMostKept that have one, however often it
// is looked at; after that its trigger is unknown. Thread-safe.
class AskedOperations {
 public:
  static constexpr size_t kMostKept = 1000;  // About 200 KB of memory.
  // More at a time are a mistake of whoever asks.
  static constexpr size_t kMostUnderWay = 1000;

  enum class Kind { kSavepoint, kCheckpoint };
  struct Key {
    Kind kind;
    std::string job_id;
    std::string trigger;

    friend auto operator<=>(const Key&, const Key&) = default;
  };
  // The path of a savepoint, the number of a checkpoint.
  using Outcome = absl::StatusOr<std::string>;

  // False: it was begun before, and is not to be begun again. JOB-0107
  // (kResourceExhausted): too many are under way.
  absl::StatusOr<bool> Begin(const Key& key);
  void End(const Key& key, Outcome outcome);

  enum class Progress { kUnknown, kInProgress, kEnded };
  struct State {
    Progress progress = Progress::kUnknown;
    Outcome outcome = absl::UnavailableError("");  // Of kEnded.
  };
  State Look(const Key& key) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<Key, std::optional<Outcome>> operations_ ABSL_GUARDED_BY(mutex_);
  std::deque<Key> ended_ ABSL_GUARDED_BY(mutex_);  // The oldest first.
};

// 32 hex digits that nobody has had.
std::string NewTriggerId();

}  // namespace millrace
