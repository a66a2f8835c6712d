#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/disk.h"

namespace millrace {

// "name: bytes" of each file below `folder`, in no order.
inline std::vector<std::string> FilesBelow(const std::string& folder,
                                           Disk& disk) {
  std::vector<std::string> all;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    all.push_back(absl::StrCat(
        std::filesystem::relative(entry.path(), folder).string(), ": ",
        *disk.Read(entry.path().string())));
  }
  return all;
}

}  // namespace millrace
