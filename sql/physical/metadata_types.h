#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/bound_insert.h"

namespace millrace::sql {

// Metadata columns may be declared with another type than their connector
// gives or takes, one that a CAST leads to. Tables are then told the
// connector's type, and the query gets the CAST: right above what is read,
// right below what is written. What a connector does not have stays as it is,
// for CapabilitiesOfSource and CapabilitiesOfSink to refuse.
absl::Status AdaptMetadataTypes(BoundInsert& insert,
                                const BindContext& context);

}  // namespace millrace::sql
