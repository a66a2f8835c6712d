#pragma once

#include <compare>
#include <cstdint>
#include <ostream>

namespace millrace {

// An integer that cannot be mixed up with another integer.
//
// A KeyGroup passed where a SubtaskIndex is expected is a compile error, which
// is cheaper than a rescale that silently drops state. Made at the border from
// a plain integer, left at the border by value().
template <typename Tag, typename Rep>
class StrongInt {
 public:
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr StrongInt Next() const { return StrongInt(value_ + 1); }

  friend constexpr auto operator<=>(StrongInt, StrongInt) = default;

  template <typename H>
  friend H AbslHashValue(H h, StrongInt id) {
    return H::combine(std::move(h), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& out, StrongInt id) {
    return out << id.value_;
  }

 private:
  Rep value_ = 0;
};

// Numbers 1, 2, 3, ... of one job, never reused.
using CheckpointId = StrongInt<struct CheckpointIdTag, int64_t>;
// The atom of rescaling, in [0, max_parallelism).
using KeyGroup = StrongInt<struct KeyGroupTag, int32_t>;
// Which of a vertex's parallel instances, 0-based.
using SubtaskIndex = StrongInt<struct SubtaskIndexTag, int32_t>;
// A vertex of a JobPlan, unique within it.
using VertexId = StrongInt<struct VertexIdTag, int32_t>;

}  // namespace millrace
