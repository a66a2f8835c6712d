#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// The items of one key: rows in the order of their sort keys, equal ones in
// the order in which they came. Without sort keys that is the order of arrival.
//
// Bytes lie in one string, so that an item costs no allocation of its own;
// what is left of removed ones goes when it is half of all. Views hold until
// the next Add or Remove.
class KeyedBucket {
 public:
  // Items of a bucket have numbers of their own, which a snapshot keeps.
  struct Item {
    absl::string_view sort_key;
    absl::string_view row;
    uint64_t number = 0;
    bool is_settled = false;  // A snapshot has it.
  };

  // A number that no item has, larger than all.
  uint64_t NextNumber() const { return next_number_; }
  void Add(const Item& item);
  // The place of the first item that equals both; size() when there is none.
  size_t Find(absl::string_view sort_key, absl::string_view row) const;
  void Remove(size_t place);
  // Every item is settled from now on.
  void Settle();

  size_t size() const { return places_.size(); }
  Item item(size_t place) const;
  // The place of the first item whose sort key is not below `sort_key`.
  size_t LowerBound(absl::string_view sort_key) const;
  // What the bucket takes of memory.
  int64_t cost_bytes() const {
    return static_cast<int64_t>(sizeof *this + bytes_.capacity() +
                                places_.capacity() * sizeof(Place));
  }

 private:
  struct Place {
    uint64_t number = 0;
    uint32_t offset = 0;
    uint32_t sort_key_bytes = 0;
    uint32_t row_bytes = 0;
    bool is_settled = false;
  };
  absl::string_view SortKeyOf(const Place& place) const {
    return {bytes_.data() + place.offset, place.sort_key_bytes};
  }
  void DropDeadBytes();

  std::vector<Place> places_;
  std::string bytes_;
  size_t dead_bytes_ = 0;
  uint64_t next_number_ = 0;
};

}  // namespace millrace
