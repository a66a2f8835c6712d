#pragma once

#include <cstdint>
#include <vector>

#include "runtime/batch/vector.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Makes the elements of new lists out of values in other columns: a function
// over arrays notes which values it takes, in order, and they are copied
// together, deeply and without a look at single strings, at the end.
//
// Owned by one kernel and used again for each batch, so that its room is not
// allocated anew.
class ListGather {
 public:
  // The columns to take from; they outlive Finish.
  void Start(std::vector<const Vector*> sources);

  // How many were taken so far: where the next list begins.
  uint32_t size() const { return size_; }
  // Element `index` of source `source`.
  void Take(int source, uint32_t index) {
    Places& places = places_[source];
    places.from.push_back(index);
    places.to.push_back(size_++);
  }
  // A list of those taken since `offset`.
  ListEntry Since(uint32_t offset) const { return {offset, size_ - offset}; }

  // Every value taken, one behind the other.
  VectorRef Finish(const LogicalType& element) const;

 private:
  struct Places {
    std::vector<uint32_t> from, to;
  };

  std::vector<const Vector*> sources_;
  std::vector<Places> places_;
  uint32_t size_ = 0;
};

}  // namespace millrace
