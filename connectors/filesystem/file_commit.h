#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/connector/sink.h"

namespace millrace {

// What a committable of a sink of files says is to be done. Its bytes are
// fields with '\0' between them, which no path contains:
//
//   "1" kind  from            to                name      first       second
//       part  staging         target
//       mark  staging folder  partition folder  _SUCCESS              writer
//       epoch                                             checkpoint
//       sweep staging folder                              attempt
//
// part: becomes visible under its target. mark: see partition_mark.h; of the
// last checkpoint that an epoch beside it names. sweep: earlier attempts'
// output that nothing refers to any more is removed.
//
// Paths are whole, so that the job can be restored with another option 'path'.
struct FileCommit {
  enum class Kind { kPart, kMark, kEpoch, kSweep };

  Kind kind = Kind::kPart;
  std::string from;
  std::string to;
  std::string name;
  int64_t first = 0;
  int64_t second = 0;

  Committable ToCommittable() const;
  // kDataLoss: not made by ToCommittable.
  static absl::StatusOr<FileCommit> From(const Committable& committable);
};

}  // namespace millrace
