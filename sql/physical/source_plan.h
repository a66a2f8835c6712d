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

// The same of a source of upserts: until its changes are normalised no row may
// be left out, so that it gives the leaves that are read and the key, and the
// filter and the projection come behind.
struct UpsertSourcePlan {
  SourcePlan source;  // Its rows, projected, are `columns`.
  Schema columns;
  std::vector<int> key;  // Places in `columns`: the first ones.
  // Over `columns`.
  std::optional<Expr> filter;
  std::vector<Expr> projection;
};

// True where `node` is a scan under at most a watermark (with computed columns
// below it), a filter and a projection.
bool IsSourceChain(const LogicalNode& node);

// REQUIRES: IsSourceChain(node).
SourcePlan PlanSource(const LogicalNode& node, const BindContext& context);

// REQUIRES: IsSourceChain(node), and its table has a primary key.
UpsertSourcePlan PlanUpsertSource(const LogicalNode& node,
                                  const BindContext& context);

// The scan at the bottom. REQUIRES: IsSourceChain(node).
const ScanNode& ScanOf(const LogicalNode& node);

}  // namespace millrace::sql
