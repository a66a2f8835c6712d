#include "runtime/operators/slice_rows.h"

#include "runtime/base/status_macros.h"

namespace millrace {

SliceRows::Part& SliceRows::PartOf(int64_t slice_end) {
  if (last_part_ < part_count_ && parts_[last_part_].slice_end == slice_end) {
    return parts_[last_part_];
  }
  if (part_count_ > kFewParts) {
    const auto found = places_.find(slice_end);
    if (found != places_.end()) return parts_[last_part_ = found->second];
  } else {
    for (last_part_ = 0; last_part_ < part_count_; ++last_part_) {
      if (parts_[last_part_].slice_end == slice_end) {
        return parts_[last_part_];
      }
    }
  }
  return AddPart(slice_end);
}

SliceRows::Part& SliceRows::AddPart(int64_t slice_end) {
  if (part_count_ == parts_.size()) parts_.emplace_back();
  last_part_ = part_count_++;
  Part& part = parts_[last_part_];
  part.slice_end = slice_end;
  part.rows.clear();
  if (part_count_ == kFewParts + 1) {
    places_.clear();
    for (size_t i = 0; i < part_count_; ++i) places_[parts_[i].slice_end] = i;
  } else if (part_count_ > kFewParts) {
    places_[slice_end] = last_part_;
  }
  return part;
}

absl::Status SliceRows::ForEachSlice(
    Selection rows, const int64_t* slice_ends,
    absl::FunctionRef<absl::Status(int64_t, Selection)> visit) {
  if (rows.size() == 0) return absl::OkStatus();
  uint32_t same = 1;
  while (same < rows.size() && slice_ends[same] == slice_ends[0]) ++same;
  if (same == rows.size()) return visit(slice_ends[0], rows);
  part_count_ = last_part_ = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    PartOf(slice_ends[i]).rows.push_back(rows[i]);
  }
  for (size_t i = 0; i < part_count_; ++i) {
    const Part& part = parts_[i];
    RETURN_IF_ERROR(visit(
        part.slice_end,
        Selection::Of(part.rows.data(),
                      static_cast<uint32_t>(part.rows.size()))));
  }
  return absl::OkStatus();
}

}  // namespace millrace
