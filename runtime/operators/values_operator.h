#pragma once

#include <cstdint>
#include <vector>

#include "runtime/operators/operator.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// Literal rows. It has no input, so its rows come out of EndInput; only
// subtask 0 has any. A snapshot keeps how many have been put out.
class ValuesOperator final : public Operator {
 public:
  ValuesOperator(const ValuesSpec& spec, std::vector<LogicalType> types,
                 const OperatorContext& context);

  // REQUIRES: never called.
  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> EndInput(Output& output) override;
  absl::Status Snapshot(SnapshotWriter& writer) override;
  absl::Status Restore(SnapshotReader& reader) override;

 private:
  std::vector<std::vector<Value>> rows_;
  std::vector<LogicalType> types_;
  size_t emitted_ = 0;
};

}  // namespace millrace
