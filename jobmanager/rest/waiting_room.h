#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "jobmanager/rest/rest_message.h"

namespace millrace {

// Where the threads of an HTTP server wait for responses that are given on
// other threads. Thread-safe.
class WaitingRoom {
 public:
  WaitingRoom();

  // Calls `ask` with what takes the response, and waits for it: 504 (JOB-0113)
  // after `timeout`, 503 (JOB-0114) from Close on. A response that comes later
  // is dropped, also when the room has gone.
  RestResponse Await(const std::function<void(Respond)>& ask,
                     absl::Duration timeout);

  // Everybody who waits goes, and nobody waits any more.
  void Close();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace millrace
