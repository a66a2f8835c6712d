#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// Keys of a KvStore, a persisted format (version 1), numbers big endian so that
// a key group, and in it a state, is one range:
//
//   | key group (2) | state id (2) | the entry's key |
std::string StoreKeyHead(KeyGroup group, int32_t state_id);
constexpr size_t kStoreKeyHeadBytes = 4;
// The first key behind every key that begins with `prefix`; "" = none is.
std::string EndOfPrefix(absl::string_view prefix);

// What is to be written to a KvStore at once: ranges that are dropped, then
// entries put and erased, each key once.
//
// Filled by one thread, then sealed; immutable and for any thread afterwards.
class StoreRun {
 public:
  struct Range {
    std::string first;
    std::string limit;
  };
  struct Entry {
    absl::string_view key;
    absl::string_view value;
    bool erased = false;
  };

  void Drop(Range range) { dropped_.push_back(std::move(range)); }
  void Put(absl::string_view key_head, absl::string_view key,
           absl::string_view value) {
    Append(key_head, key, value, false);
  }
  void Erase(absl::string_view key_head, absl::string_view key) {
    Append(key_head, key, "", true);
  }
  // Sorts; nothing may be added any more.
  void Seal();

  const std::vector<Range>& dropped() const { return dropped_; }
  // With its places.
  size_t size_bytes() const { return size_bytes_; }
  bool empty() const { return size_bytes_ == 0 && dropped_.empty(); }

  // Entries in key order, borrowed from the run. REQUIRES: sealed.
  size_t size() const { return places_.size(); }
  Entry entry(size_t index) const;

  // Every entry whose key begins with `prefix`. REQUIRES: sealed.
  void ForEach(absl::string_view prefix,
               absl::FunctionRef<void(const Entry&)> visit) const;
  // What the run says of `key`: an entry (erased: there is none), or nothing.
  // REQUIRES: sealed.
  std::optional<Entry> Find(absl::string_view key) const;

 private:
  // With the head and eight bytes of the key as numbers that sort, so that
  // most comparisons touch no key.
  struct Place {
    const char* bytes = nullptr;  // The key's, then the value's.
    uint64_t key_start = 0;
    uint32_t head = 0;
    uint32_t key_bytes = 0;
    uint32_t value_bytes = 0;
    bool erased = false;
  };
  // Places are added in pieces of so many: growing one vector would copy them
  // all at once, at the barrier.
  static constexpr size_t kPiecePlaces = 4096;

  void Append(absl::string_view key_head, absl::string_view key,
              absl::string_view value, bool erased);
  void SortPlaces();
  size_t LowerBound(absl::string_view key) const;
  static absl::string_view KeyOf(const Place& place) {
    return {place.bytes, place.key_bytes};
  }

  std::vector<Range> dropped_;
  std::vector<std::vector<Place>> added_;  // Until sealed.
  std::vector<Place> places_;              // Sorted.
  // Nor do bytes ever move.
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t chunk_left_ = 0;
  size_t size_bytes_ = 0;
};

}  // namespace millrace
