#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connector/sink.h"
#include "runtime/operators/constraint_enforcer.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// The tail of a chain: hands batches to a connector's Writer, holds them to the
// types of the table's columns, and flushes what has grown old.
class SinkOperator final : public Operator {
 public:
  // `on_finish` gets the line that the writer says at the end, if any.
  SinkOperator(const SinkSpec& spec, std::unique_ptr<Writer> writer,
               std::function<void(std::string)> on_finish,
               const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                   Output& output) override;
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output) override;
  int64_t NextTimer() const override { return flush_at_ms_; }
  absl::StatusOr<Progress> EndInput(Output& output) override;

 private:
  // `batch` with -D in place of -U.
  static Batch WithDeletes(const Batch& batch);
  absl::StatusOr<Progress> Flush();

  const bool update_before_deletes_;
  const ConstraintEnforcer enforcer_;
  std::unique_ptr<Writer> writer_;
  const absl::Duration flush_interval_;
  std::function<void(std::string)> on_finish_;
  const OperatorContext context_;
  int64_t flush_at_ms_ = INT64_MAX;

  MetricGroup own_metrics_{"sink", {}};  // Where the context has none.
  Counter* records_sent_;
};

}  // namespace millrace
