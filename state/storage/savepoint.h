#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// A savepoint: a checkpoint that a person asked for, in a folder that stands by
// itself and may be copied elsewhere.
//
//   manifest     as of a checkpoint (manifest_codec.cc); written last, so a
//                folder without one is not a savepoint
//   state-<n>    its files, each once
//
// Calls block. Every file is checked against the manifest on its way.

// Writes the checkpoint `manifest`, whose files lie in `from`, into the folder
// that `to` is.
absl::Status ExportSavepoint(const Manifest& manifest, ObjectStore& from,
                             ObjectStore& to);

// Brings the savepoint `manifest`, whose files lie in `from`, into `to`, as
// files of the job `job_id` that begin with `prefix`, and returns it as that
// job's. Other files of `from` are not looked at. kDataLoss: it is damaged.
absl::StatusOr<Manifest> ImportSavepoint(Manifest manifest, ObjectStore& from,
                                         ObjectStore& to,
                                         const std::string& job_id,
                                         const std::string& prefix);

// A savepoint without what sinks left in it (pending_output.h): what another
// job begins from, while the output is that of the job that the savepoint is
// of. So a fork leaves what waits to the job it forks from, and a claim settles
// it (R9 of connectors/kafka/exactly_once).
Manifest WithoutOutput(Manifest manifest);

}  // namespace millrace
