#pragma once

#include <vector>

#include "runtime/plan/operator_spec.h"

namespace millrace {

// The aggregate call that makes a GroupAggregateSpec Flink's
// ChangelogNormalize: its input's rows are all that there is of their key, as
// +I or +U, or take the key away, as -D. All calls are it then: the value of
// the newest row.
inline constexpr char kLastOfUpserts[] = "LAST";

inline bool TakesUpserts(const std::vector<AggregateCall>& calls) {
  return !calls.empty() && calls[0].function == kLastOfUpserts;
}

}  // namespace millrace
