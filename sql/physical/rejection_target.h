#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "runtime/connector/table.h"
#include "sql/binder/bind_context.h"

namespace millrace::sql {

// Gives the table the session's 'error-handling.mode', where that is set and
// its own options have none.
void FillErrorMode(const SessionConfig& config, TableDescriptor& table);

// The table that 'error-handling.log.target' names, as a sink; nullopt where
// it names none, or nothing is set aside. Errors have no place in the text:
// SQL-0210 there is no such table, or it is a view, or the source itself where
// its records are set aside;
// SQL-0211 it has columns that nothing goes into; those of CapabilitiesOfSink.

// For records of the table `source`, whose options have the session's mode
// already: by its own option, else the session's.
absl::StatusOr<std::optional<TableDescriptor>> TargetOfRecords(
    const TableDescriptor& source, const BindContext& context);

// Likewise for records that the table `sink` refuses; it may be the target
// itself.
absl::StatusOr<std::optional<TableDescriptor>> TargetOfOutput(
    const TableDescriptor& sink, const BindContext& context);

// For rows on which an expression fails: by the session's option.
absl::StatusOr<std::optional<TableDescriptor>> TargetOfRows(
    const BindContext& context);

}  // namespace millrace::sql
