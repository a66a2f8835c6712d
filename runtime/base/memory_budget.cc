#include "runtime/base/memory_budget.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

absl::Status MemoryBudget::Take(int64_t bytes, absl::string_view owner) {
  const int64_t before =
      used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= limit_bytes_) return absl::OkStatus();
  Give(bytes);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      {.code = "JOB-0003",
       .what = "the memory budget is used up",
       .where = std::string(owner),
       .why = absl::StrCat(bytes, " more bytes were asked for while ", before,
                           " of ", limit_bytes_, " are in use"),
       .fix = "Raise taskmanager.memory.process.size, or bound the state "
              "with a window or table.exec.state.ttl."});
}

}  // namespace millrace
