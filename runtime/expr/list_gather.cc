#include "runtime/expr/list_gather.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/expr/vector_merge.h"

namespace millrace {

void ListGather::Start(std::vector<const Vector*> sources) {
  sources_ = std::move(sources);
  places_.resize(sources_.size());
  for (Places& places : places_) {
    places.from.clear();
    places.to.clear();
  }
  size_ = 0;
}

VectorRef ListGather::Finish(const LogicalType& element) const {
  auto child = std::make_shared<Vector>(element, std::max<uint32_t>(1, size_));
  std::vector<MergePiece> pieces;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Places& places = places_[i];
    if (places.from.empty()) continue;
    const auto count = static_cast<uint32_t>(places.from.size());
    pieces.emplace_back(Borrow(*sources_[i]),
                        Selection::Of(places.from.data(), count),
                        Selection::Of(places.to.data(), count));
  }
  MergePieces(element, pieces, *child);
  return child;
}

}  // namespace millrace
