#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/connector/output_files.h"
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
  // The files that one of its committables names, and the same committable
  // where a savepoint has them under other names, in this order.
  virtual std::vector<OutputFile> FilesOf(const Committable&) const {
    return {};
  }
  virtual Committable WithFiles(Committable committable,
                                std::vector<OutputFile> /*files*/) const {
    return committable;
  }

  // A record that the other system would never take: `raw` would have been
  // written.
  struct Refused {
    std::string raw;
    std::string where;   // "topic out, key 'k'"
    absl::Status error;  // Code SNK-xxxx.
  };
  // Those of the rows written since the last call. Asked after every Write and
  // Flush.
  virtual std::vector<Refused> TakeRefused() { return {}; }

  // As of BarrierListener: a Seal is on its way behind rows that are still to
  // be written, and whoever says kFull until then holds it up; it may not come.
  virtual void OnCheckpointBegun(CheckpointId /*checkpoint*/) {}
  virtual void OnCheckpointAborted(CheckpointId /*checkpoint*/) {}
  virtual void OnDraining() {}

  // Not OK, kUnavailable, code kHeldUp: a barrier that comes now would wait, or
  // does wait, for another system that is away or refuses output, and why. It
  // is no failure of the job: its checkpoint is waited for, and no other
  // barrier sets out meanwhile.
  static constexpr absl::string_view kHeldUp = "SNK-0311";
  virtual absl::Status HeldUp() const { return absl::OkStatus(); }

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
