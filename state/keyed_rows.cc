#include "state/keyed_rows.h"

#include <utility>
#include <vector>

namespace millrace {
namespace {

// Items without sort keys.
class BucketRows final : public KeyedRows {
 public:
  explicit BucketRows(KeyedBuckets::Options options)
      : buckets_(std::move(options)) {}

  absl::StatusOr<StateAccess> Prepare(const PackedKeys& keys) override {
    return buckets_.Prepare(keys);
  }
  absl::Status Append(const PackedKeys& keys,
                      const absl::string_view* rows) override {
    return buckets_.Add(keys, Items(keys, rows));
  }
  void Probe(const PackedKeys& keys,
             absl::FunctionRef<void(uint32_t, absl::string_view)> match)
      const override {
    std::vector<const KeyedBucket*> found(keys.count);
    buckets_.Find(keys, found.data());
    for (uint32_t i = 0; i < keys.count; ++i) {
      const size_t count = found[i] == nullptr ? 0 : found[i]->size();
      for (size_t row = 0; row < count; ++row) {
        match(i, found[i]->item(row).row);
      }
    }
  }
  absl::Status Retract(const PackedKeys& keys, const absl::string_view* rows,
                       uint8_t* found) override {
    return buckets_.Remove(keys, Items(keys, rows), found);
  }
  absl::Status Snapshot(SnapshotWriter& writer) override {
    return buckets_.Snapshot(writer);
  }
  absl::Status Restore(SnapshotReader& reader) override {
    return buckets_.Restore(reader);
  }

 private:
  const KeyedBucket::Item* Items(const PackedKeys& keys,
                                 const absl::string_view* rows) {
    items_.resize(keys.count);
    for (uint32_t i = 0; i < keys.count; ++i) items_[i] = {.row = rows[i]};
    return items_.data();
  }

  KeyedBuckets buckets_;
  std::vector<KeyedBucket::Item> items_;
};

}  // namespace

std::unique_ptr<KeyedRows> NewKeyedRows(KeyedBuckets::Options options) {
  return std::make_unique<BucketRows>(std::move(options));
}

}  // namespace millrace
