#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// In the shape of the macros that newer Abseil releases carry; to be deleted
// when the packaged Abseil has them.

#define RETURN_IF_ERROR(expression)                       \
  do {                                                    \
    if (absl::Status millrace_status_ = (expression);     \
        !millrace_status_.ok()) [[unlikely]] {            \
      return millrace_status_;                            \
    }                                                     \
  } while (false)

#define MILLRACE_CONCAT_INNER(a, b) a##b
#define MILLRACE_CONCAT(a, b) MILLRACE_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(const auto table, catalog.Find(name));
#define ASSIGN_OR_RETURN(target, expression)                                \
  ASSIGN_OR_RETURN_INNER(MILLRACE_CONCAT(millrace_statusor_, __LINE__),     \
                         target, expression)
#define ASSIGN_OR_RETURN_INNER(statusor, target, expression) \
  auto statusor = (expression);                              \
  if (!statusor.ok()) [[unlikely]] {                         \
    return std::move(statusor).status();                     \
  }                                                          \
  target = *std::move(statusor)
