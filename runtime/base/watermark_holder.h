#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace millrace {

// Which of `inputs` has the least `watermark_ms` of those for which
// `counts(input)`, so that the minimum waits for it; the first of equals,
// nullopt where none counts.
template <typename Input, typename Counts>
std::optional<int> WatermarkHolder(std::span<const Input> inputs,
                                   Counts counts) {
  std::optional<int> holder;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    if (!counts(inputs[i])) continue;
    if (!holder || inputs[i].watermark_ms < inputs[*holder].watermark_ms) {
      holder = i;
    }
  }
  return holder;
}

}  // namespace millrace
