#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// The type of COUNT, SUM, SUM0, AVG, MIN or MAX over arguments of these types,
// as Flink has it: SUM(INT) is INT, AVG(BIGINT) is BIGINT, SUM(DECIMAL(p, s))
// DECIMAL(38, s). COUNT and SUM0 are never NULL; `grouped` says that every
// group has a row, so that the others are as nullable as their argument (not
// so with FILTER).
// Errors: SQL-0101 for arguments that it does not take, SQL-0104 for a name it
// does not know.
struct AggregateTyping {
  absl::string_view name;
  std::span<const LogicalType> args;  // None for COUNT(*).
  bool grouped = false;
};
absl::StatusOr<LogicalType> AggregateResultType(const AggregateTyping& call);

}  // namespace millrace
