#pragma once

#include <cstdint>

#include "runtime/exchange/batch_accumulator.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/steady_timer.h"

namespace millrace {

// Stands in front of a keyed operator of the same chain and makes large
// batches of small ones, as an exchange does between chains: so that a lookup
// in state is hidden behind the next ones.
//
// Batches of kLargeRows rows and more pass as they are. Smaller ones are
// collected until kFullRows, until kMaxAge after the first of them, or until
// any event: no row crosses a watermark or a barrier.
class RowCoalescer final : public Operator {
 public:
  static constexpr uint32_t kLargeRows = 512;
  static constexpr uint32_t kFullRows = 1024;
  static constexpr absl::Duration kMaxAge = absl::Milliseconds(5);

  explicit RowCoalescer(const Clock* clock) : flush_timer_(clock) {}

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;
  absl::StatusOr<Progress> Advance(int64_t, Output& output) override {
    return Flush(output);
  }
  absl::StatusOr<Progress> Fire(int64_t, Output& output) override {
    return Flush(output);
  }
  absl::StatusOr<Progress> EndInput(Output& output) override {
    return Flush(output);
  }
  int64_t NextTimer() const override { return flush_timer_.NextTimer(); }
  absl::StatusOr<Progress> BeforeSnapshot(CheckpointId,
                                          Output& output) override {
    return Flush(output);
  }

 private:
  absl::StatusOr<Progress> Flush(Output& output);
  void Collect(const Batch& batch, Selection rows);

  BatchAccumulator collected_;
  SteadyTimer flush_timer_;
};

}  // namespace millrace
