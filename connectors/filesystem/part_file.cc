#include "connectors/filesystem/part_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::unique_ptr<PartFile>> PartFile::Create(
    const std::string& folder, const std::string& name, absl::Time now) {
  ASSIGN_OR_RETURN(auto file,
                   OutputFile::Create(
                       absl::StrCat(folder, "/.", name, ".inprogress")));
  return std::unique_ptr<PartFile>(
      new PartFile(std::move(file), absl::StrCat(folder, "/", name), now));
}

}  // namespace millrace
