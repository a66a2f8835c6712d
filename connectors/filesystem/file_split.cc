#include "connectors/filesystem/file_split.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace millrace {

Split FileSplit::ToSplit() const {
  Split split = {.id = absl::StrCat(path, "@", start),
                 .position = absl::StrCat(find_record ? "~" : "", next, "..")};
  if (limit != kNoLimit) absl::StrAppend(&split.position, limit);
  return split;
}

absl::StatusOr<FileSplit> FileSplit::FromSplit(const Split& split) {
  FileSplit file;
  absl::string_view position = split.position;
  file.find_record = absl::ConsumePrefix(&position, "~");
  const size_t dots = position.find("..");
  const size_t at = split.id.rfind('@');
  if (at != std::string::npos && dots != absl::string_view::npos &&
      absl::SimpleAtoi(split.id.substr(at + 1), &file.start) &&
      absl::SimpleAtoi(position.substr(0, dots), &file.next) &&
      (dots + 2 == position.size() ||
       absl::SimpleAtoi(position.substr(dots + 2), &file.limit))) {
    file.path = split.id.substr(0, at);
    return file;
  }
  return absl::DataLossError(absl::StrCat("'", split.id, "' at '",
                                          split.position,
                                          "' is no range of a file"));
}

}  // namespace millrace
