#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"
#include "runtime/base/sequence.h"

namespace millrace {

// Where the files of a folder are written before they get their names there,
// each process by itself:
//
//   FOLDER/.writing/<writer>/<number>
//
// Thread-safe. Calls block.
class WritingFolder {
 public:
  // Empty. `disk` outlives it. `writer` is unlike that of any other process
  // that lives: what is on its way under this name is taken for a dead one's.
  static absl::StatusOr<std::unique_ptr<WritingFolder>> Open(
      Disk* disk, const std::string& folder, absl::string_view writer);

  // One that was never given out.
  std::string NextPath();
  // A new file with these bytes, durable but for its name. After an error there
  // is none.
  absl::StatusOr<std::string> Write(absl::string_view bytes);
  // Removes what writers left on its way that are not alive.
  absl::Status SweepWriters(
      const std::function<bool(absl::string_view writer)>& is_alive);

 private:
  WritingFolder(Disk* disk, std::string all, absl::string_view writer);

  Disk* const disk_;
  const std::string all_;  // Of all writers.
  const std::string mine_;
  Sequence numbers_;
};

}  // namespace millrace
