#include "state/keyed_sorted.h"

#include <utility>
#include <vector>

namespace millrace {
namespace {

class BucketSorted final : public KeyedSorted {
 public:
  explicit BucketSorted(KeyedBuckets::Options options)
      : form_(options.layout.form), buckets_(std::move(options)) {}

  absl::StatusOr<StateAccess> Prepare(const PackedKeys& keys) override {
    return buckets_.Prepare(keys);
  }
  absl::Status Insert(const PackedKeys& keys, const Item* items) override {
    return buckets_.Add(keys, BucketItems(keys, items));
  }
  absl::Status Erase(const PackedKeys& keys, const Item* items,
                     uint8_t* found) override {
    return buckets_.Remove(keys, BucketItems(keys, items), found);
  }
  void Scan(const PackedKeys& keys, uint32_t key, const Range& range,
            absl::FunctionRef<bool(const Item&)> visit) const override {
    const uint32_t width = CellBytes(form_);
    const KeyedBucket* bucket = nullptr;
    buckets_.Find({.count = 1, .hashes = keys.hashes + key,
                   .cells = keys.cells + size_t{key} * width},
                  &bucket);
    if (bucket == nullptr) return;
    const size_t first = bucket->LowerBound(range.first);
    const size_t limit =
        range.limit.empty() ? bucket->size() : bucket->LowerBound(range.limit);
    for (size_t i = first; i < limit; ++i) {
      const KeyedBucket::Item item =
          bucket->item(range.descending ? limit - 1 - (i - first) : i);
      if (!visit({.sort_key = item.sort_key, .row = item.row})) return;
    }
  }
  absl::Status Snapshot(SnapshotWriter& writer) override {
    return buckets_.Snapshot(writer);
  }
  absl::Status Restore(SnapshotReader& reader) override {
    return buckets_.Restore(reader);
  }

 private:
  const KeyedBucket::Item* BucketItems(const PackedKeys& keys,
                                       const Item* items) {
    items_.resize(keys.count);
    for (uint32_t i = 0; i < keys.count; ++i) {
      items_[i] = {.sort_key = items[i].sort_key, .row = items[i].row};
    }
    return items_.data();
  }

  const KeyForm form_;
  KeyedBuckets buckets_;
  std::vector<KeyedBucket::Item> items_;
};

}  // namespace

std::unique_ptr<KeyedSorted> NewKeyedSorted(KeyedBuckets::Options options) {
  return std::make_unique<BucketSorted>(std::move(options));
}

}  // namespace millrace
