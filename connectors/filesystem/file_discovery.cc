#include "connectors/filesystem/file_discovery.h"

#include "connectors/filesystem/byte_stream.h"
#include "connectors/filesystem/file_listing.h"
#include "connectors/filesystem/file_split.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::vector<Split>> FileDiscovery::Discover() {
  ASSIGN_OR_RETURN(const std::vector<ListedFile> files,
                   ListFiles(options_.path));
  std::vector<Split> splits;
  for (const ListedFile& file : files) {
    FileSplit split = {.path = file.path};
    if (options_.range_bytes == 0 || IsCompressed(file.path)) {
      splits.push_back(split.ToSplit());
      continue;
    }
    // The last range is open: a file that grows is read to its end.
    while (file.size_bytes - split.start > options_.range_bytes) {
      split.limit = split.start + options_.range_bytes;
      splits.push_back(split.ToSplit());
      split.start = split.next = split.limit;
      split.find_record = true;
    }
    split.limit = FileSplit::kNoLimit;
    splits.push_back(split.ToSplit());
  }
  return splits;
}

}  // namespace millrace
