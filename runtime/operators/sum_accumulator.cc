#include <type_traits>

#include "runtime/operators/accumulator.h"
#include "runtime/operators/slot_loop.h"
#include "runtime/types/decimal.h"

namespace millrace {
namespace {

// slot and snapshot: | sum | count (8) |; a decimal's count of kOverflowed
// stays: its result is NULL from then on.
template <typename Sum>
struct SumState {
  Sum sum;
  int64_t count;
};
// Slots are aligned to 8 bytes, __int128 would be to 16.
template <>
struct [[gnu::packed, gnu::aligned(8)]] SumState<__int128> {
  __int128 sum;
  int64_t count;
};
constexpr int64_t kOverflowed = INT64_MIN;

// Integers wrap as in Java.
inline void AddTo(int64_t& sum, int64_t value) {
  sum = static_cast<int64_t>(static_cast<uint64_t>(sum) +
                             static_cast<uint64_t>(value));
}
inline int64_t Negate(int64_t value) {
  return static_cast<int64_t>(0 - static_cast<uint64_t>(value));
}
template <typename T>
T Negate(T value) {
  return -value;
}
// INT64_MIN / -1 is INT64_MIN.
inline int64_t Quotient(int64_t sum, int64_t count) {
  return count == -1 ? Negate(sum) : sum / count;
}
inline double Quotient(double sum, int64_t count) {
  return sum / static_cast<double>(count);
}
inline void AddTo(double& sum, double value) { sum += value; }
inline void AddTo(float& sum, float value) { sum += value; }

template <typename Arg, typename Sum>
class SumAccumulator final : public Accumulator {
 public:
  using State = SumState<Sum>;

  SumAccumulator(uint32_t offset, int scale, bool sums_partials)
      : offset_(offset), scale_(scale), sums_partials_(sums_partials) {}

  uint32_t size_bytes() const override { return sizeof(State); }

  void Apply(const SlotRows& rows, std::span<const Vector* const> args,
             RowChange change, SlotHeap&) override {
    const Arg* values = args[0]->data<Arg>();
    const uint32_t mask = args[0]->index_mask();
    if (sums_partials_ && args.size() > 1) {
      const auto* counts = args[1]->data<int64_t>();
      const uint32_t count_mask = args[1]->index_mask();
      ForEachPresent<State>(rows, offset_, *args[0],
                            [=](State& state, uint32_t row) {
                              Add(state, values[row & mask],
                                  counts[row & count_mask]);
                            });
    } else if (change == RowChange::kAdd) {
      ForEachPresent<State>(rows, offset_, *args[0],
                            [=](State& state, uint32_t row) {
                              Add(state, values[row & mask], 1);
                            });
    } else {
      ForEachPresent<State>(rows, offset_, *args[0],
                            [=](State& state, uint32_t row) {
                              Add(state, Negate(Sum{values[row & mask]}), -1);
                            });
    }
  }

  void Merge(char* const* to, const char* const* from, uint32_t count,
             SlotHeap&) override {
    for (uint32_t i = 0; i < count; ++i) {
      const State& other = StateAt<State>(from[i], offset_);
      State& state = StateAt<State>(to[i], offset_);
      if (other.count == kOverflowed) state.count = kOverflowed;
      Add(state, other.sum, other.count);
    }
  }

  void Emit(AggregateResult result, const char* const* slots, uint32_t count,
            Vector& out) const override {
    if (result == AggregateResult::kCount) {
      for (uint32_t i = 0; i < count; ++i) {
        out.data<int64_t>()[i] = StateAt<State>(slots[i], offset_).count;
      }
      return;
    }
    switch (out.physical()) {
      case PhysicalType::kInt8:
        return EmitAs<int8_t>(result, slots, count, out);
      case PhysicalType::kInt16:
        return EmitAs<int16_t>(result, slots, count, out);
      case PhysicalType::kInt32:
        return EmitAs<int32_t>(result, slots, count, out);
      case PhysicalType::kInt64:
        return EmitAs<int64_t>(result, slots, count, out);
      case PhysicalType::kFloat:
        return EmitAs<float>(result, slots, count, out);
      case PhysicalType::kDouble:
        return EmitAs<double>(result, slots, count, out);
      case PhysicalType::kInt128:
        return EmitAs<Int128>(result, slots, count, out);
      default: MILLRACE_CHECK(false);
    }
  }

  void Encode(const char* slot, std::string& out) const override {
    AppendBytes(StateAt<State>(slot, offset_), out);
  }
  bool Decode(std::span<absl::string_view> in, char* const* slots,
              SlotHeap&) override {
    return TakeStates<State>(in, slots, offset_);
  }

 private:
  static void Add(State& state, Sum value, int64_t count) {
    if constexpr (std::is_same_v<Sum, Int128>) {
      if (state.count == kOverflowed) return;
      // Two of 38 digits may need more than 127 bits.
      Int128 sum = 0;
      const bool fits =
          !__builtin_add_overflow(Int128{state.sum}, value, &sum) &&
          FitsDecimal(sum, kMaxDecimalDigits);
      state.sum = sum;
      state.count = fits ? state.count + count : kOverflowed;
    } else {
      Sum sum = state.sum;
      AddTo(sum, value);
      state.sum = sum;
      state.count += count;
    }
  }

  template <typename Out>
  void EmitAs(AggregateResult result, const char* const* slots, uint32_t count,
              Vector& out) const {
    Out* results = out.data<Out>();
    for (uint32_t i = 0; i < count; ++i) {
      const State& state = StateAt<State>(slots[i], offset_);
      results[i] = 0;
      if (state.count == 0 || state.count == kOverflowed) {
        out.SetNull(i);
      } else if (result != AggregateResult::kAverage) {
        results[i] = static_cast<Out>(state.sum);
      } else if constexpr (std::is_same_v<Sum, Int128>) {
        // AVG of a DECIMAL has max(6, scale) fraction digits.
        const int scale = scale_ < 6 ? 6 : scale_;
        Int128 quotient = 0;
        if (Divide({.unscaled = state.sum, .scale = scale_},
                   {.unscaled = state.count, .scale = 0},
                   {.precision = kMaxDecimalDigits, .scale = scale},
                   &quotient)) {
          results[i] = static_cast<Out>(quotient);
        } else {
          out.SetNull(i);
        }
      } else {
        results[i] = static_cast<Out>(Quotient(state.sum, state.count));
      }
    }
  }

  const uint32_t offset_;
  const int scale_;
  const bool sums_partials_;
};

template <typename Arg, typename Sum>
std::unique_ptr<Accumulator> Make(uint32_t offset, const LogicalType& arg,
                                  bool sums_partials) {
  const int scale = arg.Is(TypeRoot::kDecimal) ? arg.scale() : 0;
  return std::make_unique<SumAccumulator<Arg, Sum>>(offset, scale,
                                                    sums_partials);
}

}  // namespace

std::unique_ptr<Accumulator> MakeSum(uint32_t offset, const LogicalType& arg,
                                     bool average, bool sums_partials) {
  switch (arg.root()) {
    case TypeRoot::kTinyInt:
      return Make<int8_t, int64_t>(offset, arg, sums_partials);
    case TypeRoot::kSmallInt:
      return Make<int16_t, int64_t>(offset, arg, sums_partials);
    case TypeRoot::kInteger:
      return Make<int32_t, int64_t>(offset, arg, sums_partials);
    case TypeRoot::kBigInt:
      return Make<int64_t, int64_t>(offset, arg, sums_partials);
    case TypeRoot::kFloat:
      return average ? Make<float, double>(offset, arg, sums_partials)
                     : Make<float, float>(offset, arg, sums_partials);
    case TypeRoot::kDouble:
      return Make<double, double>(offset, arg, sums_partials);
    case TypeRoot::kDecimal:
      return arg.physical() == PhysicalType::kInt64
                 ? Make<int64_t, Int128>(offset, arg, sums_partials)
                 : Make<Int128, Int128>(offset, arg, sums_partials);
    default: return nullptr;
  }
}

}  // namespace millrace
