#pragma once

#include "sql/binder/bind_context.h"
#include "sql/physical/plan_builder.h"

namespace millrace::sql {

// Adds an aggregate to the plan: in one piece behind its exchange, or cut in
// two around it where that pays. It pays where all rows go to one subtask, or
// where table.optimizer.agg-phase-strategy says TWO_PHASE; an aggregate that
// keeps distinct values or whose input retracts is never cut.
class AggregatePlanner {
 public:
  AggregatePlanner(const BindContext& context, PlanBuilder& builder)
      : context_(context), builder_(builder) {}

  Stream Add(GroupAggregateSpec spec, const Stream& input, Stream output);
  Stream Add(WindowAggregateSpec spec, const Stream& input, Stream output);

 private:
  template <typename Spec>
  Stream AddPhases(Spec spec, const Stream& input, Stream output,
                   std::string role);
  template <typename Spec>
  Stream AddLocal(Spec& spec, const Stream& input, const std::string& role);
  bool IsCut(const std::vector<AggregateCall>& calls, bool global,
             const Stream& input) const;

  const BindContext& context_;
  PlanBuilder& builder_;
};

}  // namespace millrace::sql
