#pragma once

#include "absl/status/status.h"
#include "sql/binder/bind_context.h"

namespace millrace::sql {

// The statements that change the catalog; each checks all before it changes
// anything.

// SQL-0144: the name is taken.
absl::Status ExecuteCreateTable(const CreateTable& create,
                                const BindContext& context, Catalog& catalog);
// The query is bound once, so that a view that is wrong is refused here. The
// view keeps its text and reads its own tree.
absl::Status ExecuteCreateView(const CreateView& create,
                               const BindContext& context, Catalog& catalog);
// SQL-0110 no such entry, SQL-0145 it is of the other kind.
absl::Status ExecuteDrop(const Drop& drop, Catalog& catalog);

// USE of what there is does nothing.
absl::Status CheckUse(const Use& use, const SourceLocation& location);

}  // namespace millrace::sql
