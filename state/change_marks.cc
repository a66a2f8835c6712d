#include "state/change_marks.h"

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<ChangeMarks> ChangeMarks::Make(uint64_t capacity,
                                              MemoryBudget* budget,
                                              absl::string_view owner) {
  MILLRACE_CHECK(capacity > 0 && capacity % 64 == 0);
  ChangeMarks marks;
  marks.words_ = capacity / 64;
  ASSIGN_OR_RETURN(
      marks.memory_,
      TableMemory::Allocate(3 * sizeof(uint64_t) * marks.words_, budget,
                            owner));
  return marks;
}

}  // namespace millrace
