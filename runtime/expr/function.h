#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/batch/selection.h"
#include "runtime/batch/vector.h"
#include "runtime/expr/row_errors.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace {

// What the session gives every function: where local times are local, and the
// instant the query started (for bounded queries' CURRENT_DATE and the like).
struct FunctionContext {
  absl::TimeZone local_time_zone = absl::UTCTimeZone();
  const class Clock* clock = nullptr;
  // What RAND and UUID start from; 0: from the machine's entropy, so that no
  // two calls, subtasks or runs agree.
  uint64_t random_seed = 0;
};

// One evaluation of a kernel over the selected rows of a batch.
//
// `args[i]` may be constant or not (`Vector::index_mask`). `out` has capacity
// for every row of the batch and the result's type; the kernel writes
// out[row] for each row in `rows`, and nothing else. Where the function is
// strict in NULLs (FunctionTraits::null_in_null_out), the caller has already
// set `out` NULL wherever an argument is NULL and left those rows out of
// `rows`; any other kernel looks at validity itself.
struct KernelCall {
  std::span<const Vector* const> args;
  Selection rows;
  Vector* out;
  RowErrors* errors;
};

// A function resolved to argument types, with what it prepared from constant
// arguments (a compiled regular expression, a date pattern). Owned by one
// Evaluator, so scratch space in it needs no lock.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void Run(const KernelCall& call) = 0;
};

// One argument as the binder knows it.
struct ArgumentInfo {
  LogicalType type;
  // The value, where the argument is a literal (or folded to one).
  const Value* literal = nullptr;
};

// The signature chosen for one call: the types every argument is to be cast to
// (implicitly) and the type of the result, nullability included.
struct ResolvedCall {
  std::vector<LogicalType> args;
  LogicalType result;
};

struct FunctionTraits {
  // NULL in any argument gives NULL, without a call of the kernel.
  bool null_in_null_out = true;
  // Same arguments, same result: may be folded, shared, and computed again.
  bool deterministic = true;
};

// One entry of the function library.
struct Function {
  std::string name;  // Upper case, or the operator's sign: "+", "=".
  // How people write it, for messages and for the documentation: one line a
  // form, "SUBSTRING(string, start[, length])".
  std::string usage;
  FunctionTraits traits;
  // Chooses the signature for these arguments. An error (SQL-xxxx, without a
  // location: the binder adds it) names the types that were expected.
  std::function<absl::StatusOr<ResolvedCall>(std::span<const ArgumentInfo>)>
      resolve;
  // Makes the kernel for a resolved call; `args` are as resolved, literals
  // given. Errors are the author's: a bad pattern in a literal.
  std::function<absl::StatusOr<std::unique_ptr<Kernel>>(
      std::span<const ArgumentInfo> args, const LogicalType& result,
      const FunctionContext& context)>
      make_kernel;
};

// Wraps a callable `void(const KernelCall&)` as a Kernel.
template <typename Body>
std::unique_ptr<Kernel> MakeKernel(Body body) {
  class BodyKernel final : public Kernel {
   public:
    explicit BodyKernel(Body body) : body_(std::move(body)) {}
    void Run(const KernelCall& call) override { body_(call); }

   private:
    Body body_;
  };
  return std::make_unique<BodyKernel>(std::move(body));
}

}  // namespace millrace
