#pragma once

#include <functional>

namespace millrace {

// Where work that may block is run: uploads, fsync, listings. Work begins in
// the order it was posted; its outcome returns by a Mailbox of whoever posted
// it. A BackgroundPool in a process, a queue on simulated time in a simulation.
//
// Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Post(std::function<void()> work) = 0;
};

}  // namespace millrace
