#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

struct ListedFile {
  std::string path;
  int64_t size_bytes = 0;
};

// The option 'path' as a local path: "file:///tmp/x" is "/tmp/x". Another
// scheme is an error (SQL-0907).
absl::StatusOr<std::string> LocalPath(absl::string_view uri);

// `path` itself, or every file below it in ascending order of paths. Files and
// folders whose names begin with '.' or '_' are hidden: being written, or
// marks such as _SUCCESS. Blocks. SRC-0201: it is not there or may not be
// read.
absl::StatusOr<std::vector<ListedFile>> ListFiles(absl::string_view path);

}  // namespace millrace
