#include "runtime/operators/accumulator.h"
#include "runtime/operators/slot_loop.h"

namespace millrace {
namespace {

// slot: | count (8) |
// snapshot: the same.
class CountAccumulator final : public Accumulator {
 public:
  CountAccumulator(uint32_t offset, bool sums_partials)
      : offset_(offset), sums_partials_(sums_partials) {}

  uint32_t size_bytes() const override { return 8; }

  void Apply(const SlotRows& rows, std::span<const Vector* const> args,
             RowChange change, SlotHeap&) override {
    const int64_t sign = change == RowChange::kAdd ? 1 : -1;
    if (sums_partials_) {
      const auto* counts = args[0]->data<int64_t>();
      const uint32_t mask = args[0]->index_mask();
      ForEachPresent<int64_t>(rows, offset_, *args[0],
                              [=](int64_t& count, uint32_t row) {
                                count += sign * counts[row & mask];
                              });
    } else if (!args.empty() && args[0]->may_have_nulls()) {
      ForEachPresent<int64_t>(
          rows, offset_, *args[0],
          [=](int64_t& count, uint32_t) { count += sign; });
    } else if (rows.one_slot && rows.count > 0) {
      StateAt<int64_t>(rows.slots[0], offset_) += sign * rows.count;
    } else {
      for (uint32_t i = 0; i < rows.count; ++i) {
        StateAt<int64_t>(rows.slots[i], offset_) += sign;
      }
    }
  }

  void Merge(char* const* to, const char* const* from, uint32_t count,
             SlotHeap&) override {
    for (uint32_t i = 0; i < count; ++i) {
      StateAt<int64_t>(to[i], offset_) += StateAt<int64_t>(from[i], offset_);
    }
  }

  void Emit(AggregateResult, const char* const* slots, uint32_t count,
            Vector& out) const override {
    auto* results = out.data<int64_t>();
    for (uint32_t i = 0; i < count; ++i) {
      results[i] = StateAt<int64_t>(slots[i], offset_);
    }
  }

  void Encode(const char* slot, std::string& out) const override {
    AppendBytes(StateAt<int64_t>(slot, offset_), out);
  }
  bool Decode(std::span<absl::string_view> in, char* const* slots,
              SlotHeap&) override {
    return TakeStates<int64_t>(in, slots, offset_);
  }

 private:
  const uint32_t offset_;
  const bool sums_partials_;
};

}  // namespace

std::unique_ptr<Accumulator> MakeCount(uint32_t offset, bool sums_partials) {
  return std::make_unique<CountAccumulator>(offset, sums_partials);
}

}  // namespace millrace
