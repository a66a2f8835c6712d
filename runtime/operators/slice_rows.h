#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "runtime/batch/selection.h"

namespace millrace {

// Splits the rows of a batch by the slice they fall into. Streams are nearly
// in time order, so a batch mostly has one slice, seldom more than a few.
class SliceRows {
 public:
  // Calls `visit` once for each different slice_ends[i], with those rows[i], in
  // order. The rows hold during the call.
  absl::Status ForEachSlice(
      Selection rows, const int64_t* slice_ends,
      absl::FunctionRef<absl::Status(int64_t slice_end, Selection rows)> visit);

 private:
  struct Part {
    int64_t slice_end;
    std::vector<uint32_t> rows;
  };
  // Beyond so many a table is quicker than looking at each.
  static constexpr size_t kFewParts = 8;

  Part& PartOf(int64_t slice_end);
  Part& AddPart(int64_t slice_end);

  std::vector<Part> parts_;
  absl::flat_hash_map<int64_t, size_t> places_;  // With more than kFewParts.
  size_t part_count_ = 0;
  size_t last_part_ = 0;
};

}  // namespace millrace
