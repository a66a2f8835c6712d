#pragma once

#include <optional>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Which types turn into which, as Flink's type system has it. Nullability is
// the caller's business everywhere but in CommonType.

// The casts Flink makes by itself: an argument to a function's parameter, a
// column to a sink's. Widening numbers, any length of text, any precision of
// timestamps; a ROW, ARRAY or MAP where its parts do.
bool CanImplicitlyCast(const LogicalType& from, const LogicalType& to);

// What a query's column may be written into a sink's. As CanImplicitlyCast,
// and NULL into anything.
bool CanStore(const LogicalType& from, const LogicalType& to);

// OK where CAST(x AS `to`) exists. Else SQL-0102 that names both types and
// what to use instead.
absl::Status CheckExplicitCast(const LogicalType& from, const LogicalType& to);

// True where a value of `from` is a value of `to` as it lies: only
// nullability, field names or a longer length differ.
bool IsSameRepresentation(const LogicalType& from, const LogicalType& to);

// The least type that holds every one of `types`: branches of CASE and
// COALESCE, columns of UNION, elements of ARRAY, values of IN. Nullable where
// any is. nullopt: there is none. REQUIRES: not empty.
std::optional<LogicalType> CommonType(std::span<const LogicalType> types);
std::optional<LogicalType> CommonType(const LogicalType& a,
                                      const LogicalType& b);

// SQL-0103: "`CASE` mixes types that have no common one: INT, STRING".
absl::Status NoCommonType(absl::string_view where,
                          std::span<const LogicalType> types);

}  // namespace millrace
