#pragma once

#include <optional>
#include <vector>

#include "runtime/plan/operator_spec.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/logical_node.h"

namespace millrace::sql {

// A scan and all above it that its source can do: what to decode, computed
// columns, the watermark, the filter; and what is left to a Calc behind it.
struct SourcePlan {
  SourceSpec spec;
  Schema output;  // Of the source.
  // Over `output`; empty: the source gives just what is wanted.
  std::vector<Expr> projection;
};

// True where `node` is a scan under at most a watermark (with computed columns
// below it), a filter and a projection.
bool IsSourceChain(const LogicalNode& node);

// REQUIRES: IsSourceChain(node).
SourcePlan PlanSource(const LogicalNode& node, const BindContext& context);

}  // namespace millrace::sql
