#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/connector/source.h"

namespace millrace {

// A byte range of a file as a Split.
//
// id:       "path@start"
// position: ["~"] next ".." limit
//
// A range's records are those that begin behind the first line end at or
// after `start` (the first range: at 0) and at or before `limit`; so the last
// one ends at the first line end at or after `limit`, where the next range
// begins. "~" says that this beginning is still to be found. `next` is where
// the next record begins once it is found. No limit: to the end of the file.
// Offsets of compressed files count decompressed bytes.
struct FileSplit {
  static constexpr int64_t kNoLimit = -1;

  std::string path;
  int64_t start = 0;
  int64_t next = 0;
  int64_t limit = kNoLimit;
  bool find_record = false;

  Split ToSplit() const;
  // An error: not a split that ToSplit made (a checkpoint edited by hand).
  static absl::StatusOr<FileSplit> FromSplit(const Split& split);
};

}  // namespace millrace
