#include "tests/sim/storage/sim_ha_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

SimHaStore::SimHaStore(uint64_t seed) : rng_(seed) {}

void SimHaStore::set_faults(const Faults& faults) {
  VisibleMutexLock lock(&mutex_);
  faults_ = faults;
}

void SimHaStore::set_watch(Watch watch) {
  VisibleMutexLock lock(&mutex_);
  watch_ = std::move(watch);
}

SimHaStore::Counts SimHaStore::counts() const {
  VisibleMutexLock lock(&mutex_);
  return counts_;
}

// Writes of which nobody knows land before any call.
absl::Status SimHaStore::BeginCall() {
  std::vector<Write> waiting;
  for (Write& write : std::exchange(delayed_, {})) {
    if (Happens(0.5)) {
      waiting.push_back(std::move(write));
    } else if (Apply(write).ok()) {
      ++counts_.delayed_landed;
    }
  }
  delayed_ = std::move(waiting);
  if (Happens(faults_.unavailable)) {
    ++counts_.unavailable;
    return absl::UnavailableError("no answer, and nothing done");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<HaStore::Record>> SimHaStore::Read(
    const std::string& name) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginCall());
  const auto found = records_.find(name);
  if (found == records_.end() || !found->second.value) return std::nullopt;
  return Record{.value = *found->second.value,
                .version = found->second.version};
}

absl::StatusOr<int64_t> SimHaStore::CompareAndSwap(const std::string& name,
                                                   int64_t expected,
                                                   absl::string_view value) {
  return Begin(
      {.name = name, .expected = expected, .value = std::string(value)});
}

absl::Status SimHaStore::CompareAndDelete(const std::string& name,
                                          int64_t expected) {
  if (expected == 0) return absl::InvalidArgumentError("nothing to delete");
  return Begin({.name = name, .expected = expected}).status();
}

absl::StatusOr<int64_t> SimHaStore::Begin(Write write) {
  VisibleMutexLock lock(&mutex_);
  RETURN_IF_ERROR(BeginCall());
  if (!Happens(faults_.unknown)) return Apply(write);
  switch (rng_.Below(3)) {
    case 0:
      Apply(write).IgnoreError();
      ++counts_.unknown_written;
      break;
    case 1: ++counts_.unknown_not_written; break;
    default:
      ++counts_.unknown_delayed;
      delayed_.push_back(std::move(write));
  }
  return absl::UnknownError("the answer was lost");
}

absl::StatusOr<int64_t> SimHaStore::Apply(const Write& write) {
  Stored& stored = records_[write.name];
  const int64_t found = stored.value ? stored.version : 0;
  if (found != write.expected) {
    return absl::AbortedError(absl::StrCat("record ", write.name,
                                           " is at version ", found, ", not ",
                                           write.expected));
  }
  ++stored.version;
  stored.value = write.value;
  if (watch_) watch_(write.name, stored.value);
  return stored.version;
}

}  // namespace millrace
