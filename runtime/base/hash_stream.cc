#include "runtime/base/hash_stream.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace millrace {

struct HashStream::State {
  XXH3_state_t xxh;
};

HashStream::HashStream() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->xxh);
}

HashStream::HashStream(HashStream&&) noexcept = default;
HashStream& HashStream::operator=(HashStream&&) noexcept = default;
HashStream::~HashStream() = default;

void HashStream::Add(absl::string_view bytes) {
  XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size());
}

uint64_t HashStream::Hash() const { return XXH3_64bits_digest(&state_->xxh); }

}  // namespace millrace
