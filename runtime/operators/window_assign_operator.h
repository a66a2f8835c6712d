#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/window_clock.h"
#include "runtime/operators/window_slices.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// A window TVF on its own: each row once for each window that holds it, with
// the window's columns appended; windows in the order of their ends. Keeps row
// kinds, drops hashes. Rows whose time is NULL are dropped and counted, as in
// Flink; late rows are not told from others.
class WindowAssignOperator final : public Operator {
 public:
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const WindowAssignSpec& spec, const std::vector<LogicalType>& input,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;

 private:
  WindowAssignOperator(const WindowAssignSpec& spec,
                       const std::vector<LogicalType>& input,
                       const OperatorContext& context, WindowClock clock);

  void Assign(const Batch& batch);
  void ReadTimes(const Batch& batch, Selection rows);
  VectorRef PropertyColumn(WindowProperty property, size_t first,
                           uint32_t count);

  const WindowAssignSpec spec_;
  const std::vector<LogicalType> input_;
  const Clock* clock_source_;
  WindowClock clock_;
  WindowSlices windows_;
  Counter* null_rows_ = nullptr;
  std::vector<int64_t> times_;
  std::vector<uint8_t> nulls_;

  // What the batch at hand becomes: row rows_[i] in the window that ends at
  // ends_[i]; next_ comes next.
  bool emitting_ = false;
  std::vector<uint32_t> rows_;
  std::vector<int64_t> ends_;
  size_t next_ = 0;
};

}  // namespace millrace
