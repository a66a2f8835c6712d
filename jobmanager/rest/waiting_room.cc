#include "jobmanager/rest/waiting_room.h"

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

struct WaitingRoom::State {
  absl::Mutex mutex;
  bool closed ABSL_GUARDED_BY(mutex) = false;
};

WaitingRoom::WaitingRoom() : state_(std::make_shared<State>()) {}

RestResponse WaitingRoom::Await(const std::function<void(Respond)>& ask,
                                absl::Duration timeout) {
  // Held by the one who answers too: it may come after everybody has gone.
  const auto response = std::make_shared<std::optional<RestResponse>>();
  ask([state = state_, response](RestResponse given) {
    VisibleMutexLock lock(&state->mutex);
    if (!response->has_value()) *response = std::move(given);
  });
  VisibleMutexLock lock(&state_->mutex);
  const auto is_over = [&]() {
    // The mutex is held by whoever looks; see BackgroundPool.
    SeeLocked(&state_->mutex);
    const bool over = state_->closed || response->has_value();
    SeeUnlocking(&state_->mutex);
    return over;
  };
  SeeUnlocking(&state_->mutex);
  state_->mutex.AwaitWithTimeout(absl::Condition(&is_over), timeout);
  SeeLocked(&state_->mutex);
  if (response->has_value()) return *std::exchange(*response, RestResponse{});
  if (state_->closed) {
    return ErrorResponse(503, "JOB-0114: this JobManager is ending. Ask again "
                              "when another one leads.");
  }
  return ErrorResponse(
      504, absl::StrCat("JOB-0113: the JobManager did not answer within ",
                        absl::FormatDuration(timeout),
                        ". What was asked for may still be done: look before "
                        "asking again."));
}

void WaitingRoom::Close() {
  VisibleMutexLock lock(&state_->mutex);
  state_->closed = true;
}

}  // namespace millrace
