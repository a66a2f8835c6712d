#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/nexmark/event_model.h"
#include "runtime/batch/chunk.h"

namespace millrace::nexmark {

// The strings of the events. Long ones are cut from a pool made once from the
// seed, and channels' names and URLs are made once, so that a string column
// costs a draw and a view. Immutable; shared by all columns of a reader.
class EventText {
 public:
  explicit EventText(const ModelOptions& options);

  // Random letters, at least `min` and below `max` of them.
  StringView Letters(uint64_t draw, int64_t min, int64_t max) const;
  // Padding that brings an event of `fixed_bytes` to `target_bytes` on
  // average, +-20 %.
  StringView Padding(uint64_t draw, int64_t fixed_bytes,
                     int64_t target_bytes) const;
  StringView Channel(int64_t channel) const { return channels_[channel]; }
  StringView Url(int64_t channel) const { return urls_[channel]; }

  static StringView FirstName(uint64_t draw);
  static StringView LastName(uint64_t draw);
  static StringView City(uint64_t draw);
  static StringView State(uint64_t draw);

  // What the views point into; a column that holds views holds these.
  const std::vector<ChunkRef>& chunks() const { return chunks_; }

 private:
  void MakePool(uint64_t seed);
  void MakeChannels(uint64_t seed);

  std::vector<ChunkRef> chunks_;
  const char* pool_ = nullptr;
  std::vector<StringView> channels_;
  std::vector<StringView> urls_;
};

}  // namespace millrace::nexmark
