#include "tests/sim/nodes/person.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

constexpr int64_t kLookEveryNanos = 200'000'000;

}  // namespace

void Person::LookLater() {
  site_.scheduler->Post(nullptr, kLookEveryNanos, [this] {
    Look();
    LookLater();
  });
}

void Person::Look() {
  JobManagerNode* const leader = fleet_.leader();
  if (leader == nullptr || leader->process()->paused_until_nanos >
                               site_.scheduler->clock().nanos()) {
    return;
  }
  const auto view = leader->gateway().View();
  const bool seen = std::any_of(
      view->jobs.begin(), view->jobs.end(),
      [this](const JobView& job) { return job.job_id == job_id_; });
  if (!submitted_ && !seen) {
    leader->gateway().Submit(
        {.plan = plan_, .job_id = job_id_},
        [this, scheduler = site_.scheduler](absl::StatusOr<std::string> id) {
          scheduler->Trace(
              absl::StrCat("submitted: ", id.status().ToString()));
          submitted_ |= id.ok();
        });
  } else if (seen && site_.faults->Roll(Fault::kAskSavepoint)) {
    if (site_.scheduler->rng().Below(2) == 0) {
      leader->gateway().Checkpoint(job_id_,
                                   [](const absl::StatusOr<int64_t>&) {});
    } else {
      leader->gateway().Savepoint({.job_id = job_id_},
                                  [](const absl::StatusOr<std::string>&) {});
    }
  }
}

}  // namespace millrace::sim
