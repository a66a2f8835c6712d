#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"

namespace millrace {

// HashBytes of bytes that come in pieces. Not thread-safe.
class HashStream {
 public:
  HashStream();
  HashStream(HashStream&&) noexcept;
  HashStream& operator=(HashStream&&) noexcept;
  ~HashStream();

  void Add(absl::string_view bytes);
  // Of all that was added so far.
  uint64_t Hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
