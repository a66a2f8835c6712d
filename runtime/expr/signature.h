#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/expr/function.h"

namespace millrace {

// The usual ways of choosing a signature, for Function::resolve.

using Resolver = decltype(Function::resolve);

// SQL-0101: "`SQRT` expects SQRT(number), but got (BOOLEAN)", with a CAST to
// try. The binder adds the place.
absl::Status SignatureMismatch(absl::string_view name,
                               absl::string_view usage,
                               std::span<const ArgumentInfo> args);

// True where any argument may be NULL.
bool AnyNullable(std::span<const ArgumentInfo> args);

// One form of a function: these types, each reached by an implicit cast. The
// result is nullable where `always_nullable` says so or an argument is.
struct Signature {
  std::vector<LogicalType> args;
  LogicalType result;
  // The last of `args` may be given any number of times, also never.
  bool variadic = false;
  bool always_nullable = false;
};

// The first of `signatures` that the arguments suit: exactly if any does so
// (a CHAR is exactly a STRING), else by implicit casts. Arguments keep their
// own type where only a length, a precision or nullability differs.
Resolver OneOf(absl::string_view name, absl::string_view usage,
               std::vector<Signature> signatures);

}  // namespace millrace
