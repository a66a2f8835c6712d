#include "jobmanager/cluster/record_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace millrace {

std::string RecordLine(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    absl::StrAppend(&line, line.empty() ? "" : "\t",
                    absl::Utf8SafeCEscape(field));
  }
  return line + "\n";
}

absl::StatusOr<std::vector<std::vector<std::string>>> RecordLines(
    absl::string_view text) {
  std::vector<std::vector<std::string>> lines;
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    std::vector<std::string>& fields = lines.emplace_back();
    for (const absl::string_view field : absl::StrSplit(line, '\t')) {
      if (!absl::CUnescape(field, &fields.emplace_back())) {
        return absl::DataLossError(
            absl::StrCat("'", absl::CEscape(field), "' is no escaped text"));
      }
    }
  }
  return lines;
}

absl::StatusOr<int64_t> RecordNumber(absl::string_view field) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(field, &number)) {
    return absl::DataLossError(
        absl::StrCat("'", absl::CEscape(field), "' is no number"));
  }
  return number;
}

}  // namespace millrace
