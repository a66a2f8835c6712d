#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace {

// One side of a stream of messages, as a library with a completion queue has
// it: each operation is started, does not block, and is done when its tag comes
// out of the queue, with whether it succeeded. At most one read and one write
// are under way. Operations are started by one thread at a time; TakeMessage
// may be beside them, and so may Cancel.
class StreamCall {
 public:
  virtual ~StreamCall() = default;

  // Of the side that dials: connects. Failed: only Finish follows.
  virtual void Start(void* tag) = 0;

  // Failed: nothing more comes.
  virtual void Read(void* tag) = 0;
  // What the Read that succeeded last has read.
  virtual std::string TakeMessage() = 0;

  // Failed: the call has ended, as a Read says too.
  virtual void Write(std::string message, void* tag) = 0;

  // No Write follows. On the side that dialled the other side then ends the
  // call; on the other side this is Finish.
  virtual void EndWrites(void* tag) = 0;
  virtual bool EndsByFinish() const = 0;

  // The last operation: of the side that dialled when a Read has failed, of
  // the other at any time without a Write under way.
  virtual void Finish(void* tag) = 0;
  // Why the call ended, when Finish is done. Never OK.
  virtual absl::Status end() const = 0;

  // Everything under way fails soon.
  virtual void Cancel() = 0;
};

}  // namespace millrace
