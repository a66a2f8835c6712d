#include "sql/binder/aggregate_type.h"

#include "runtime/expr/aggregate_signature.h"

namespace millrace::sql {

absl::StatusOr<LogicalType> AggregateTypeOf(absl::string_view name,
                                            std::span<const LogicalType> args,
                                            bool grouped) {
  return AggregateResultType(
      {.name = name, .args = args, .grouped = grouped});
}

}  // namespace millrace::sql
