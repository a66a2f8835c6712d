#pragma once

#include "absl/strings/string_view.h"

namespace millrace::sql {

// Words that cannot be a name without backticks: those that continue a clause
// or start an expression. Far fewer than Flink reserves: text that parses
// there parses here. `upper` in capitals.
bool IsReserved(absl::string_view upper);

// Functions that are called by their bare name: CURRENT_DATE, LOCALTIME...
// They are reserved too.
bool IsBareFunction(absl::string_view upper);

}  // namespace millrace::sql
