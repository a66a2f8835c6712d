#include "runtime/operators/restored_watermark.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/event_time.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<int64_t> RestoredWatermark(absl::string_view name,
                                          SnapshotReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<std::string> items,
                   reader.OperatorState(name));
  if (items.empty()) return kMinWatermark;
  int64_t least = kMaxWatermark;
  for (const std::string& item : items) {
    int64_t watermark_ms = 0;
    if (!absl::SimpleAtoi(item, &watermark_ms)) {
      return absl::DataLossError(
          absl::StrCat("the snapshot's watermark is \"", item, "\""));
    }
    least = std::min(least, watermark_ms);
  }
  return least;
}

}  // namespace millrace
