#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/connector/source.h"

namespace millrace {

// Lists a file or a directory and cuts what it finds into splits, in the order
// of paths and offsets. Blocks.
class FileDiscovery final : public SplitDiscovery {
 public:
  struct Options {
    std::string path;
    // Cut plain files into ranges of this many bytes; 0 = never.
    int64_t range_bytes = 0;
  };

  explicit FileDiscovery(Options options) : options_(std::move(options)) {}

  // SRC-0201: the path is not there.
  absl::StatusOr<std::vector<Split>> Discover() override;

 private:
  const Options options_;
};

}  // namespace millrace
