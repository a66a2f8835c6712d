#include <type_traits>
#include <vector>

#include "absl/container/btree_map.h"
#include "runtime/operators/accumulator.h"
#include "runtime/operators/ordered_type.h"
#include "runtime/operators/slot_loop.h"

namespace millrace {
namespace {

// slot: | value | present (8) | bag (4) | zero (4) |; bag 0 = none yet.
// snapshot: | count of values (4) | then each: value (strings: length (4),
// bytes) and how often (8) |.
template <typename T>
struct BagState {
  T value;
  int64_t present;
  uint32_t bag;
  uint32_t zero;
};
// Slots are aligned to 8 bytes, __int128 would be to 16.
template <>
struct [[gnu::packed, gnu::aligned(8)]] BagState<__int128> {
  __int128 value;
  int64_t present;
  uint32_t bag;
  uint32_t zero;
};

// Values in order, strings with bytes of their own.
template <typename T>
using Held = std::conditional_t<std::is_same_v<T, StringView>, std::string, T>;

template <typename T>
Held<T> Hold(const T& value) {
  if constexpr (std::is_same_v<T, StringView>) {
    return std::string(value.view());
  } else {
    return value;
  }
}

// MIN and MAX of rows that come and go. A count may be below zero while a
// retraction has overtaken its row; such a value is not present.
template <typename T>
class CountedExtremeAccumulator final : public Accumulator {
 public:
  using State = BagState<T>;
  using Bag = absl::btree_map<Held<T>, int64_t>;

  CountedExtremeAccumulator(uint32_t offset, bool largest)
      : offset_(offset), largest_(largest), bags_(1) {}

  uint32_t size_bytes() const override { return sizeof(State); }

  void Apply(const SlotRows& rows, std::span<const Vector* const> args,
             RowChange change, SlotHeap& heap) override {
    const Vector& arg = *args[0];
    const T* values = arg.data<T>();
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows.rows[i];
      if (arg.IsNull(row)) continue;
      State& state = StateAt<State>(rows.slots[rows.one_slot ? 0 : i], offset_);
      Bag& bag = BagOf(state);
      const auto entry =
          bag.try_emplace(Hold(values[row & arg.index_mask()])).first;
      entry->second += change == RowChange::kAdd ? 1 : -1;
      if (entry->second == 0) bag.erase(entry);
      Refresh(state, heap);
    }
  }

  void Merge(char* const* to, const char* const* from, uint32_t count,
             SlotHeap& heap) override {
    for (uint32_t i = 0; i < count; ++i) {
      State& state = StateAt<State>(to[i], offset_);
      const uint32_t theirs = StateAt<State>(from[i], offset_).bag;
      if (theirs == 0) continue;
      BagOf(state);  // May move the bags.
      for (const auto& [value, times] : bags_[theirs]) {
        Bag& bag = bags_[state.bag];
        const auto entry = bag.try_emplace(value).first;
        entry->second += times;
        if (entry->second == 0) bag.erase(entry);
      }
      Refresh(state, heap);
    }
  }

  void Emit(AggregateResult, const char* const* slots, uint32_t count,
            Vector& out) const override {
    StringWriter writer;
    for (uint32_t i = 0; i < count; ++i) {
      const State& state = StateAt<State>(slots[i], offset_);
      T value = state.value;
      if (!state.present) out.SetNull(i);
      if constexpr (std::is_same_v<T, StringView>) {
        value = writer.Copy(value.view());
      }
      out.data<T>()[i] = state.present ? value : T();
    }
    out.AddChunks(writer.TakeChunks());
  }

  void Encode(const char* slot, std::string& out) const override {
    const Bag& bag = bags_[StateAt<State>(slot, offset_).bag];
    AppendBytes(static_cast<uint32_t>(bag.size()), out);
    for (const auto& [value, times] : bag) {
      if constexpr (std::is_same_v<T, StringView>) {
        AppendBytes(static_cast<uint32_t>(value.size()), out);
        out.append(value);
      } else {
        AppendBytes(value, out);
      }
      AppendBytes(times, out);
    }
  }

  bool Decode(std::span<absl::string_view> in, char* const* slots,
              SlotHeap& heap) override {
    for (size_t i = 0; i < in.size(); ++i) {
      if (!DecodeOne(in[i], slots[i], heap)) return false;
    }
    return true;
  }
  bool HasMore() const override { return true; }

  void Release(char* slot, SlotHeap& heap) override {
    State& state = StateAt<State>(slot, offset_);
    DropValue(state, heap);
    if (state.bag == 0) return;
    bags_[state.bag].clear();
    free_.push_back(state.bag);
    state.bag = 0;
  }

 private:
  bool DecodeOne(absl::string_view& in, char* slot, SlotHeap& heap) {
    uint32_t size = 0;
    if (!TakeBytes(in, &size)) return false;
    State& state = StateAt<State>(slot, offset_);
    for (uint32_t i = 0; i < size; ++i) {
      Held<T> value{};
      if constexpr (std::is_same_v<T, StringView>) {
        uint32_t length = 0;
        if (!TakeBytes(in, &length) || in.size() < length) return false;
        value.assign(in.data(), length);
        in.remove_prefix(length);
      } else if (!TakeBytes(in, &value)) {
        return false;
      }
      int64_t times = 0;
      if (!TakeBytes(in, &times)) return false;
      BagOf(state)[std::move(value)] = times;
    }
    Refresh(state, heap);
    return true;
  }

  Bag& BagOf(State& state) {
    if (state.bag == 0 && !free_.empty()) {
      state.bag = free_.back();
      free_.pop_back();
    } else if (state.bag == 0) {
      state.bag = static_cast<uint32_t>(bags_.size());
      bags_.emplace_back();
    }
    return bags_[state.bag];
  }

  static void DropValue(State& state, SlotHeap& heap) {
    if constexpr (std::is_same_v<T, StringView>) {
      const T value = state.value;
      if (state.present) heap.Drop(value);
    }
    state.present = 0;
  }

  // Sets the slot's value to the bag's extreme.
  void Refresh(State& state, SlotHeap& heap) const {
    const Bag& bag = bags_[state.bag];
    const Held<T>* extreme = nullptr;
    if (largest_) {
      for (auto it = bag.rbegin(); it != bag.rend() && !extreme; ++it) {
        if (it->second > 0) extreme = &it->first;
      }
    } else {
      for (auto it = bag.begin(); it != bag.end() && !extreme; ++it) {
        if (it->second > 0) extreme = &it->first;
      }
    }
    if (extreme == nullptr) return DropValue(state, heap);
    if constexpr (std::is_same_v<T, StringView>) {
      const T value = state.value;
      if (state.present && value.view() == *extreme) return;
      DropValue(state, heap);
      state.value = heap.Copy(StringView(*extreme));
    } else {
      state.value = *extreme;
    }
    state.present = 1;
  }

  const uint32_t offset_;
  const bool largest_;
  std::vector<Bag> bags_;  // 0 stays empty.
  std::vector<uint32_t> free_;
};

}  // namespace

std::unique_ptr<Accumulator> MakeCountedExtreme(uint32_t offset,
                                                const LogicalType& arg,
                                                bool largest) {
  using Result = std::unique_ptr<Accumulator>;
  return ForOrderedType<Result>(arg.physical(), [=]<typename T>() -> Result {
    return std::make_unique<CountedExtremeAccumulator<T>>(offset, largest);
  });
}

}  // namespace millrace
