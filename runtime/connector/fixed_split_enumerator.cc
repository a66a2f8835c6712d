#include "runtime/connector/fixed_split_enumerator.h"

#include <utility>

namespace millrace {

SplitEnumerator::Actions FixedSplitEnumerator::OnDiscovered(
    std::vector<Split> splits) {
  if (assigned_) return {.no_more_splits = true};
  assigned_ = true;
  return OnReturned(std::move(splits));
}

SplitEnumerator::Actions FixedSplitEnumerator::OnRequest(int) {
  return {.no_more_splits = assigned_};
}

SplitEnumerator::Actions FixedSplitEnumerator::OnReturned(
    std::vector<Split> splits) {
  Actions actions;
  actions.no_more_splits = true;
  for (size_t i = 0; i < splits.size(); ++i) {
    actions.assign.push_back(
        {static_cast<int>(i) % parallelism_, std::move(splits[i])});
  }
  return actions;
}

absl::Status FixedSplitEnumerator::Restore(absl::string_view snapshot) {
  if (snapshot != "0" && snapshot != "1") {
    return absl::DataLossError("no snapshot of a source with fixed splits");
  }
  assigned_ = snapshot == "1";
  return absl::OkStatus();
}

}  // namespace millrace
