#include <type_traits>

#include "runtime/operators/accumulator.h"
#include "runtime/operators/ordered_type.h"
#include "runtime/operators/slot_loop.h"

namespace millrace {
namespace {

// slot: | value | present (8) |; a long string's bytes lie in the heap.
// snapshot: | present (1) | value, or length (4) and bytes | when present.
template <typename T>
struct ExtremeState {
  T value;
  int64_t present;
};
// Slots are aligned to 8 bytes, __int128 would be to 16.
template <>
struct [[gnu::packed, gnu::aligned(8)]] ExtremeState<__int128> {
  __int128 value;
  int64_t present;
};

template <typename T>
constexpr bool kIsText = std::is_same_v<T, StringView>;

// Which of a group's values stays.
enum class Keep { kSmallest, kLargest, kLast };

template <typename T, Keep kKeep>
bool Beats(const T& challenger, const T& value) {
  if constexpr (kKeep == Keep::kLast) {
    return true;
  } else if constexpr (kIsText<T>) {
    const int order = StringView::Compare(challenger, value);
    return kKeep == Keep::kLargest ? order > 0 : order < 0;
  } else {
    return kKeep == Keep::kLargest ? challenger > value : challenger < value;
  }
}

template <typename T, Keep kKeep>
class ExtremeAccumulator final : public Accumulator {
 public:
  using State = ExtremeState<T>;

  explicit ExtremeAccumulator(uint32_t offset) : offset_(offset) {}

  uint32_t size_bytes() const override { return sizeof(State); }

  // Only ever called with rows that are added: the planner's proof.
  void Apply(const SlotRows& rows, std::span<const Vector* const> args,
             RowChange change, SlotHeap& heap) override {
    MILLRACE_CHECK(change == RowChange::kAdd);
    const T* values = args[0]->data<T>();
    const uint32_t mask = args[0]->index_mask();
    const auto offer = [&](State& state, uint32_t row) {
      Offer(state, values[row & mask], heap);
    };
    if constexpr (kKeep == Keep::kLast) {
      const bool nullable = args[0]->may_have_nulls();
      ForEachSlotRow<State>(rows, offset_, [&](State& state, uint32_t row) {
        if (nullable && args[0]->IsNull(row)) {
          Clear(state, heap);
        } else {
          offer(state, row);
        }
      });
    } else {
      ForEachPresent<State>(rows, offset_, *args[0], offer);
    }
  }

  void Merge(char* const* to, const char* const* from, uint32_t count,
             SlotHeap& heap) override {
    for (uint32_t i = 0; i < count; ++i) {
      const State& other = StateAt<State>(from[i], offset_);
      const T value = other.value;
      State& state = StateAt<State>(to[i], offset_);
      if (other.present) {
        Offer(state, value, heap);
      } else if constexpr (kKeep == Keep::kLast) {
        Clear(state, heap);
      }
    }
  }

  void Emit(AggregateResult, const char* const* slots, uint32_t count,
            Vector& out) const override {
    T* results = out.data<T>();
    StringWriter writer;
    for (uint32_t i = 0; i < count; ++i) {
      const State& state = StateAt<State>(slots[i], offset_);
      const T value = state.value;
      if (!state.present) {
        results[i] = T();
        out.SetNull(i);
      } else if constexpr (kIsText<T>) {
        results[i] = writer.Copy(value.view());
      } else {
        results[i] = value;
      }
    }
    if constexpr (kIsText<T>) out.AddChunks(writer.TakeChunks());
  }

  void Encode(const char* slot, std::string& out) const override {
    const State& state = StateAt<State>(slot, offset_);
    const T value = state.value;
    out.push_back(state.present != 0);
    if (!state.present) return;
    if constexpr (kIsText<T>) {
      AppendBytes(value.size(), out);
      out.append(value.data(), value.size());
    } else {
      AppendBytes(value, out);
    }
  }

  bool Decode(std::span<absl::string_view> in, char* const* slots,
              SlotHeap& heap) override {
    for (size_t i = 0; i < in.size(); ++i) {
      if (!DecodeOne(in[i], slots[i], heap)) return false;
    }
    return true;
  }

  void Release(char* slot, SlotHeap& heap) override {
    DropText(StateAt<State>(slot, offset_), heap);
  }

 private:
  bool DecodeOne(absl::string_view& in, char* slot, SlotHeap& heap) const {
    char present = 0;
    if (!TakeBytes(in, &present)) return false;
    if (present == 0) return true;
    T value{};
    if constexpr (kIsText<T>) {
      uint32_t size = 0;
      if (!TakeBytes(in, &size) || in.size() < size) return false;
      value = heap.Copy(StringView(in.substr(0, size)));
      in.remove_prefix(size);
    } else if (!TakeBytes(in, &value)) {
      return false;
    }
    StateAt<State>(slot, offset_) = {.value = value, .present = 1};
    return true;
  }

  static void DropText(const State& state, SlotHeap& heap) {
    if constexpr (kIsText<T>) {
      const T value = state.value;
      if (state.present) heap.Drop(value);
    }
  }

  static void Clear(State& state, SlotHeap& heap) {
    DropText(state, heap);
    state = {};
  }

  static void Offer(State& state, const T& challenger, SlotHeap& heap) {
    const T value = state.value;
    if (state.present && !Beats<T, kKeep>(challenger, value)) return;
    if constexpr (kIsText<T>) {
      DropText(state, heap);
      state.value = heap.Copy(challenger);
    } else {
      state.value = challenger;
    }
    state.present = 1;
  }

  const uint32_t offset_;
};

}  // namespace

std::unique_ptr<Accumulator> MakeExtreme(uint32_t offset,
                                         const LogicalType& arg,
                                         bool largest) {
  using Result = std::unique_ptr<Accumulator>;
  return ForOrderedType<Result>(arg.physical(), [=]<typename T>() -> Result {
    if (largest) {
      return std::make_unique<ExtremeAccumulator<T, Keep::kLargest>>(offset);
    }
    return std::make_unique<ExtremeAccumulator<T, Keep::kSmallest>>(offset);
  });
}

std::unique_ptr<Accumulator> MakeLast(uint32_t offset,
                                      const LogicalType& arg) {
  using Result = std::unique_ptr<Accumulator>;
  return ForOrderedType<Result>(arg.physical(), [=]<typename T>() -> Result {
    return std::make_unique<ExtremeAccumulator<T, Keep::kLast>>(offset);
  });
}

}  // namespace millrace
