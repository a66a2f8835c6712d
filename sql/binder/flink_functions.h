#pragma once

#include "absl/strings/string_view.h"

namespace millrace::sql {

// Whether Flink has a scalar or table function of this name (upper case): what
// tells "not built yet" from a slip of the keyboard.
bool IsFlinkFunction(absl::string_view name);

}  // namespace millrace::sql
