#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/logical_node.h"
#include "sql/physical/plan_builder.h"
#include "sql/physical/source_plan.h"

namespace millrace::sql {

// Turns the nodes of one rewritten query into vertices, from the sources up.
// Errors have no place in the text where the text is far away.
class OperatorPlanner {
 public:
  OperatorPlanner(const BindContext& context, PlanBuilder& builder)
      : context_(context), builder_(builder) {}

  // `update_before`: whoever reads the rows needs the old row of an update.
  absl::StatusOr<Stream> Plan(const LogicalNode& node, bool update_before);

 private:
  absl::StatusOr<Stream> PlanSourceChain(const LogicalNode& node,
                                         bool update_before);
  // The rows of `plan`, projected: `output` says what they are then.
  absl::StatusOr<Stream> AddSource(SourcePlan plan, Stream output);
  // A source that tells of upserts, its changes made whole behind it.
  absl::StatusOr<Stream> PlanUpserts(const LogicalNode& node,
                                     bool update_before);
  absl::StatusOr<Stream> PlanValues(const LogicalNode& node);
  absl::StatusOr<Stream> PlanCalc(const LogicalNode& node,
                                  bool update_before);
  absl::StatusOr<Stream> PlanWindow(const LogicalNode& node);
  absl::StatusOr<Stream> PlanAggregate(const LogicalNode& node,
                                       bool update_before);
  absl::StatusOr<Stream> PlanWindowAggregate(const LogicalNode& node);
  absl::StatusOr<Stream> PlanUnion(const LogicalNode& node);

  // `input` projected and filtered by one Calc.
  Stream AddCalc(const Stream& input, std::optional<Expr> filter,
                 std::vector<Expr> projection, Schema output);
  // SQL-0203: windows over rows that change.
  absl::Status RequireAppend(const Stream& input, absl::string_view who);
  int Parallelism() const;

  const BindContext& context_;
  PlanBuilder& builder_;
};

}  // namespace millrace::sql
