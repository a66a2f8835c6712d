#include "state/keyed_buckets.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr size_t kNumberBytes = 8;
// So much of its room is given up at once, as by an AggregateCache.
constexpr uint64_t kShrinkPart = 8;
// So much more than is used is asked for ahead of the batches that add to it.
constexpr int64_t kAheadPart = 16;

std::string KeyHead(absl::string_view key) {
  char length[5];
  const char* end = WriteVarint(static_cast<uint32_t>(key.size()), length);
  return absl::StrCat(absl::string_view(length, end - length), key);
}

std::string EntryKey(absl::string_view key, const KeyedBucket::Item& item) {
  const uint64_t number = __builtin_bswap64(item.number);
  return absl::StrCat(
      KeyHead(key), item.sort_key,
      absl::string_view(reinterpret_cast<const char*>(&number), kNumberBytes));
}

absl::Status Damaged(absl::string_view owner) {
  return absl::DataLossError(
      absl::StrCat(owner, ": an entry of the snapshot cannot be read"));
}

}  // namespace

KeyedBuckets::KeyedBuckets(Options options)
    : options_(std::move(options)),
      store_(options_.backend == nullptr
                 ? nullptr
                 : options_.backend->StoreFor(options_.schema)),
      table_({.layout = options_.layout,
              .slot_bytes = sizeof(KeyedBucket*),
              .hashes = options_.hashes,
              .memory = options_.memory,
              .owner = options_.owner}) {
  if (store_ != nullptr) MILLRACE_CHECK_OK(table_.Settle());
}

KeyedBuckets::~KeyedBuckets() {
  uint64_t position = 0;
  char* slot = nullptr;
  while (table_.Scan(&position, 1, &slot) == 1) delete BucketAt(slot);
  if (options_.memory != nullptr) options_.memory->Give(charged_bytes_);
}

absl::Status KeyedBuckets::Charge(int64_t bytes) {
  if (bytes > 0 && options_.memory != nullptr) {
    RETURN_IF_ERROR(options_.memory->Take(bytes, options_.owner));
  } else if (options_.memory != nullptr) {
    options_.memory->Give(-bytes);
  }
  charged_bytes_ += bytes;
  return absl::OkStatus();
}

absl::StatusOr<KeyedBucket*> KeyedBuckets::BucketOf(char* slot) {
  KeyedBucket*& bucket = BucketAt(slot);
  if (bucket == nullptr) {
    bucket = new KeyedBucket();
    RETURN_IF_ERROR(Charge(bucket->cost_bytes()));
  }
  return bucket;
}

absl::Status KeyedBuckets::Put(KeyedBucket& bucket,
                               const KeyedBucket::Item& item) {
  const int64_t before = bucket.cost_bytes();
  bucket.Add(item);
  return Charge(bucket.cost_bytes() - before);
}

// Before its entry goes. Giving back never fails.
void KeyedBuckets::Leave(char* slot) {
  if (BucketAt(slot) == nullptr) return;
  (void)Charge(-BucketAt(slot)->cost_bytes());
  delete BucketAt(slot);
}

absl::StatusOr<StateAccess> KeyedBuckets::Prepare(const PackedKeys& keys) {
  if (store_ == nullptr) return StateAccess::kReady;
  if (!reading_) {
    ASSIGN_OR_RETURN(const bool is_behind, store_->IsBehind());
    if (is_behind) return StateAccess::kPending;
    RETURN_IF_ERROR(Shrink());
    BeginRead(keys);
  }
  if (reading_) {
    ASSIGN_OR_RETURN(const bool is_there, FinishRead());
    if (!is_there) return StateAccess::kPending;
  }
  return StateAccess::kReady;
}

void KeyedBuckets::BeginRead(const PackedKeys& keys) {
  rows_.clear();
  table_.FindUnknown(keys, rows_);
  wanted_.clear();
  for (const uint32_t row : rows_) {
    wanted_.emplace_back(
        options_.layout.Bytes(
            keys.cells + size_t{row} * CellBytes(options_.layout.form),
            keys.hashes[row]),
        keys.hashes[row]);
  }
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  if (wanted_.empty()) return;
  std::vector<StateStore::Entry> prefixes;
  for (const auto& [key, hash] : wanted_) {
    prefixes.push_back({.group = GroupOf(hash), .key = KeyHead(key)});
  }
  store_->BeginScan(std::move(prefixes));
  reading_ = true;
}

// Numbers of removed items are not given again while it is known that a
// snapshot has them: a bucket that leaves takes none along.
//
// A key without items is resident too, so that it is not asked for again.
absl::StatusOr<bool> KeyedBuckets::FinishRead() {
  ASSIGN_OR_RETURN(const auto entries, store_->Poll());
  if (!entries) return false;
  reading_ = false;
  for (const auto& [key, hash] : wanted_) {
    RETURN_IF_ERROR(table_.Admit(key, hash).status());
  }
  for (const StateStore::Entry& entry : *entries) {
    absl::string_view key;
    KeyedBucket::Item item = {.row = entry.value, .is_settled = true};
    if (!Parse(entry.key, &key, &item)) return Damaged(options_.owner);
    ASSIGN_OR_RETURN(char* const slot, table_.Admit(key, HashBytes(key)));
    ASSIGN_OR_RETURN(KeyedBucket* const bucket, BucketOf(slot));
    RETURN_IF_ERROR(Put(*bucket, item));
  }
  return true;
}

bool KeyedBuckets::Parse(absl::string_view key, absl::string_view* own_key,
                         KeyedBucket::Item* item) {
  size_t varint_bytes = 0;
  while (varint_bytes < key.size() && (key[varint_bytes] & 0x80) != 0) {
    ++varint_bytes;
  }
  if (varint_bytes >= 5 || varint_bytes == key.size()) return false;
  const char* in = key.data();
  const uint32_t length = ReadVarint(in);
  key.remove_prefix(in - key.data());
  if (key.size() < length + kNumberBytes) return false;
  *own_key = key.substr(0, length);
  item->sort_key =
      key.substr(length, key.size() - length - kNumberBytes);
  std::memcpy(&item->number, key.data() + key.size() - kNumberBytes,
              kNumberBytes);
  item->number = __builtin_bswap64(item->number);
  return true;
}

// In bytes, as far as buckets are alike: an average one's take their count.
absl::Status KeyedBuckets::Shrink() {
  const uint64_t count = table_.size();
  const auto used = static_cast<int64_t>(
      charged_bytes_ + static_cast<int64_t>(count * sizeof(KeyedBucket)));
  const int64_t ahead = used / kAheadPart + 1;
  const int64_t limit = store_->MayHold({.held_bytes = used,
                                         .wanted_bytes = used + ahead,
                                         .is_copied = false});
  if (count == 0 || limit > used) return absl::OkStatus();
  const auto share = static_cast<double>(used - limit + ahead) / used;
  uint64_t excess = std::min<uint64_t>(
      count, 1 + static_cast<uint64_t>(share * count) + count / kShrinkPart);
  const auto evict = [&] {
    return table_.Evict(excess, [this](char* slot) { Leave(slot); });
  };
  excess -= evict();
  if (excess > 0) {
    std::unique_ptr<SnapshotWriter> writer = options_.backend->BeginFlush();
    RETURN_IF_ERROR(Snapshot(*writer));
    options_.backend->Flush(std::move(writer));
    evict();
  }
  table_.heap().Reclaim();
  table_.Tighten([](char*, SlotHeap&, SlotHeap&) {});
  return absl::OkStatus();
}

void KeyedBuckets::Find(const PackedKeys& keys,
                        const KeyedBucket** buckets) const {
  std::vector<char*> slots(keys.count);
  table_.Find(keys, slots.data());
  for (uint32_t i = 0; i < keys.count; ++i) {
    buckets[i] = slots[i] == nullptr ? nullptr : BucketAt(slots[i]);
  }
}

absl::Status KeyedBuckets::Add(const PackedKeys& keys,
                               const KeyedBucket::Item* items) {
  slots_.resize(keys.count);
  RETURN_IF_ERROR(table_.FindOrInsert(keys, slots_.data(), nullptr));
  for (uint32_t i = 0; i < keys.count; ++i) {
    ASSIGN_OR_RETURN(KeyedBucket* const bucket, BucketOf(slots_[i]));
    KeyedBucket::Item item = items[i];
    item.number = bucket->NextNumber();
    RETURN_IF_ERROR(Put(*bucket, item));
  }
  return absl::OkStatus();
}

// Keys without items stay until the next snapshot: their slots may be wanted
// by later rows of the batch.
absl::Status KeyedBuckets::Remove(const PackedKeys& keys,
                                  const KeyedBucket::Item* items,
                                  uint8_t* found) {
  slots_.resize(keys.count);
  RETURN_IF_ERROR(table_.FindOrInsert(keys, slots_.data(), nullptr));
  for (uint32_t i = 0; i < keys.count; ++i) {
    ASSIGN_OR_RETURN(KeyedBucket* const bucket, BucketOf(slots_[i]));
    const size_t place = bucket->Find(items[i].sort_key, items[i].row);
    found[i] = place < bucket->size();
    if (found[i] == 0) continue;
    const KeyedBucket::Item item = bucket->item(place);
    if (item.is_settled) {
      removed_.emplace(table_.hash(slots_[i]),
                       EntryKey(table_.key(slots_[i]), item));
    }
    const int64_t before = bucket->cost_bytes();
    bucket->Remove(place);
    RETURN_IF_ERROR(Charge(bucket->cost_bytes() - before));
  }
  return absl::OkStatus();
}

absl::Status KeyedBuckets::Snapshot(SnapshotWriter& writer) {
  const bool all = writer.extent() == SnapshotWriter::Extent::kAll;
  RETURN_IF_ERROR(writer.BeginState(options_.schema));
  auto gone = removed_.begin();
  for (KeyGroup group(0); group.value() < options_.max_parallelism;
       group = group.Next()) {
    absl::Status status;
    const auto write = [&](char* slot) {
      KeyedBucket* const bucket = BucketAt(slot);
      for (size_t i = 0; bucket != nullptr && i < bucket->size(); ++i) {
        const KeyedBucket::Item item = bucket->item(i);
        if (!status.ok() || (!all && item.is_settled)) continue;
        status = writer.Entry(group, EntryKey(table_.key(slot), item),
                              item.row);
      }
      if (bucket != nullptr) bucket->Settle();
    };
    if (all) {
      table_.ForEachInGroup(group, options_.max_parallelism, write);
    } else {
      table_.ForEachChangedInGroup(group, options_.max_parallelism, write);
    }
    RETURN_IF_ERROR(status);
    for (; gone != removed_.end() && GroupOf(gone->first) == group; ++gone) {
      if (!all) RETURN_IF_ERROR(writer.Erased(group, gone->second));
    }
  }
  return Settle();
}

absl::Status KeyedBuckets::Settle() {
  // Whose items have all gone. A cache keeps them until it is full.
  std::vector<std::pair<std::string, uint64_t>> empty;
  const auto look = [&](char* slot) {
    if (BucketAt(slot) == nullptr || BucketAt(slot)->size() == 0) {
      empty.emplace_back(table_.key(slot), table_.hash(slot));
    }
  };
  if (store_ == nullptr) table_.ForEachChangedInGroup(KeyGroup(0), 1, look);
  for (const auto& [key, hash] : empty) {
    char* slot = nullptr;
    RETURN_IF_ERROR(table_.FindOrInsertOne(key, hash, &slot));
    Leave(slot);
    table_.Erase(slot);
  }
  table_.heap().Reclaim();
  removed_.clear();
  return table_.Settle();
}

absl::Status KeyedBuckets::Restore(SnapshotReader& reader) {
  RETURN_IF_ERROR(reader.ReadState(
      options_.schema, [this](KeyGroup group, absl::string_view entry_key,
                              absl::string_view row) -> absl::Status {
        RETURN_IF_ERROR(table_.ReserveAhead(group, options_.max_parallelism));
        absl::string_view key;
        KeyedBucket::Item item = {.row = row, .is_settled = true};
        if (!Parse(entry_key, &key, &item)) return Damaged(options_.owner);
        char* slot = nullptr;
        RETURN_IF_ERROR(table_.FindOrInsertOne(key, HashBytes(key), &slot));
        ASSIGN_OR_RETURN(KeyedBucket* const bucket, BucketOf(slot));
        return Put(*bucket, item);
      }));
  return table_.Settle();
}

}  // namespace millrace
