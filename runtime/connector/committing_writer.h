#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/connector/sink.h"

namespace millrace {

// A Writer that commits what it seals itself, in a conversation with another
// system, a step at a time: its connector makes no Committer. What that one
// promises holds here too. Once the other system has answered, it waits for one
// that is away by itself, however long.
//
// Called by the writer's worker, never blocks. Wakes that worker whenever it
// has news.
class CommittingWriter : public Writer {
 public:
  // REQUIRES: what was begun before is done. What a restored checkpoint left
  // comes first, and alone.
  virtual absl::Status Begin(std::vector<Committable> committables) = 0;
  // Takes news and goes on. Whether all that was begun is visible. Errors end
  // the attempt.
  virtual absl::StatusOr<bool> Poll() = 0;
  // Whether Poll has something to take.
  virtual bool HasNews() const = 0;
};

}  // namespace millrace
