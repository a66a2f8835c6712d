#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// What is known of a relation's changes before it is planned.

// Whether rows, once there, can change or go. Errors are those of a source's
// connector.
absl::StatusOr<bool> IsUpdating(const LogicalNode& node,
                                const BindContext& context);

// Columns that tell the rows of an updating relation apart; nullopt: none are
// known. Empty: it has one row.
std::optional<std::vector<int>> UpsertKeyOf(const LogicalNode& node);

// The places of the PRIMARY KEY's columns; nullopt: the table has none.
std::optional<std::vector<int>> PrimaryKeyOf(const TableDescriptor& table);

// Whether a filter on `condition` treats all versions of a row alike.
bool ReadsOnly(const Expr& condition,
               const std::optional<std::vector<int>>& columns);

}  // namespace millrace::sql
