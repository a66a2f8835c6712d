#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"

namespace millrace {

// The lists in which a sink keeps output that waits to be committed, and files
// that are still being written; behind a prefix of the sink's own.
inline constexpr absl::string_view kPendingOutput = "pending";
inline constexpr absl::string_view kOpenOutput = "open";

// Output that waits: its checkpoint, the sink's bytes, and its files, which are
// the checkpoint's (FilesOf). The bytes name them too; where the two differ (a
// copied savepoint), this list counts: WithFiles corrects the bytes at restore.
struct PendingOutput {
  CheckpointId checkpoint;
  absl::string_view bytes;  // Borrowed.
  std::vector<FileRef> files = {};
};

// An item of a list kPendingOutput:
//
//   "1\n", then of each piece
//       <checkpoint> ' ' <length> '\n' <bytes>
//   or, where any piece has a file, "2\n", then of each piece
//       <checkpoint> ' ' <length> ' ' <number of files> '\n'
//       and of each file  <name> ' ' <size> ' ' <CRC-32C> '\n'
//       <bytes>
std::string EncodePendingItem(const std::vector<PendingOutput>& pieces);
// Views into `item`. kDataLoss: it is cut off, or of another form.
absl::StatusOr<std::vector<PendingOutput>> DecodePendingItem(
    absl::string_view item);

bool IsPendingOutput(const ItemList& list);

// The object names of such files. They have none of a checkpoint: a sink writes
// them before it is known which checkpoint they will be of, and where that is
// given up they belong to the next.
//
//   <job>/shared/<attempt>-out-<hash of the sink's uid>-<subtask>-<number>
std::string OutputFileName(absl::string_view job_id, int64_t attempt,
                           absl::string_view sink, int subtask,
                           int64_t number);
// The attempt in such a name; nullopt for a name of another kind.
std::optional<int64_t> OutputAttemptOf(absl::string_view job_id,
                                       absl::string_view object_name);

}  // namespace millrace
