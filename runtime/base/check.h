#pragma once

#include "absl/strings/string_view.h"


namespace millrace {

// Prints the failed condition with its place and ends the process.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line,
                              absl::string_view note = {});

}  // namespace millrace

// For what only a bug can cause; in release builds too. Never reachable from
// user input. State it positively: MILLRACE_CHECK(row < size).
#define MILLRACE_CHECK(condition)                                  \
  (__builtin_expect(static_cast<bool>(condition), 1)               \
       ? static_cast<void>(0)                                      \
       : ::millrace::CheckFailed(#condition, __FILE__, __LINE__))

#define MILLRACE_CHECK_OK(expression)                               \
  do {                                                              \
    const auto millrace_status_ = (expression);                     \
    if (!millrace_status_.ok()) {                                   \
      ::millrace::CheckFailed(#expression, __FILE__, __LINE__,      \
                              millrace_status_.message());          \
    }                                                               \
  } while (false)
