#include "state/rocksdb_reads.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A smaller one costs more than the memory it saves.
constexpr int64_t kLeastRunBytes = 64 << 10;

absl::StatusOr<std::vector<StateStore::Entry>> ReadAll(
    StorePipeline& pipeline, int32_t state_id,
    std::vector<StateStore::Entry> entries) {
  std::vector<std::pair<std::string, size_t>> sorted(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    sorted[i] = {absl::StrCat(StoreKeyHead(entries[i].group, state_id),
                              entries[i].key),
                 i};
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<absl::string_view> keys;
  keys.reserve(sorted.size());
  for (const auto& [key, index] : sorted) keys.push_back(key);
  std::vector<std::optional<std::string>> values;
  RETURN_IF_ERROR(pipeline.Read(keys, values));
  for (size_t i = 0; i < sorted.size(); ++i) {
    StateStore::Entry& entry = entries[sorted[i].second];
    entry.erased = !values[i].has_value();
    if (values[i]) entry.value = *std::move(values[i]);
  }
  return entries;
}

absl::StatusOr<std::vector<StateStore::Entry>> ScanAll(
    StorePipeline& pipeline, int32_t state_id,
    const std::vector<StateStore::Entry>& prefixes) {
  std::vector<StateStore::Entry> found;
  std::vector<std::pair<std::string, std::string>> entries;
  for (const StateStore::Entry& prefix : prefixes) {
    RETURN_IF_ERROR(pipeline.ReadPrefix(
        absl::StrCat(StoreKeyHead(prefix.group, state_id), prefix.key),
        entries));
    for (auto& [key, value] : entries) {
      found.push_back({.group = prefix.group,
                       .key = key.substr(kStoreKeyHeadBytes),
                       .value = std::move(value)});
    }
  }
  return found;
}

// Found in the store, then asked for as every key is: a run on its way may say
// something newer.
absl::StatusOr<std::vector<StateStore::Entry>> SweepOn(
    StorePipeline& pipeline, int32_t state_id, KeyGroup group,
    const std::string& after, size_t limit) {
  const std::string head = StoreKeyHead(group, state_id);
  std::string first = absl::StrCat(head, after);
  if (!after.empty()) first.push_back('\0');
  std::vector<StateStore::Entry> found;
  const absl::Status scanned = pipeline.Scan(
      first, EndOfPrefix(head),
      [&](absl::string_view key, absl::string_view) -> absl::Status {
        if (found.size() == limit) return absl::OutOfRangeError("enough");
        found.push_back({.group = group,
                         .key = std::string(key.substr(kStoreKeyHeadBytes))});
        return absl::OkStatus();
      });
  if (!scanned.ok() && !absl::IsOutOfRange(scanned)) return scanned;
  return ReadAll(pipeline, state_id, std::move(found));
}

}  // namespace

void RocksDbReads::BeginRead(std::vector<Entry> keys) {
  Begin([folder = folder_, state_id = state_id_, keys = std::move(keys)] {
    return ReadAll(folder->pipeline(), state_id, keys);
  });
}

void RocksDbReads::BeginScan(std::vector<Entry> prefixes) {
  Begin([folder = folder_, state_id = state_id_,
         prefixes = std::move(prefixes)] {
    return ScanAll(folder->pipeline(), state_id, prefixes);
  });
}

void RocksDbReads::BeginSweep(KeyGroup group, std::string after,
                              size_t limit) {
  Begin([folder = folder_, state_id = state_id_, group,
         after = std::move(after), limit] {
    return SweepOn(folder->pipeline(), state_id, group, after, limit);
  });
}

void RocksDbReads::Begin(Work work) {
  MILLRACE_CHECK(answer_ == nullptr);
  answer_ = std::make_shared<Answer>();
  auto read = [answer = answer_, work = std::move(work)] {
    auto entries = work();
    absl::MutexLock lock(&answer->mutex);
    answer->entries = std::move(entries);
  };
  const RocksDbOptions& options = folder_->options();
  if (options.executor == nullptr) return read();
  options.executor->Post([read = std::move(read), wake = options.wake] {
    read();
    if (wake) wake();
  });
}

absl::StatusOr<std::optional<std::vector<StateStore::Entry>>>
RocksDbReads::Poll() {
  MILLRACE_CHECK(answer_ != nullptr);
  std::optional<absl::StatusOr<std::vector<Entry>>> entries;
  {
    absl::MutexLock lock(&answer_->mutex);
    entries = std::move(answer_->entries);
    answer_->entries.reset();
  }
  if (!entries) return std::nullopt;
  answer_ = nullptr;
  RETURN_IF_ERROR(entries->status());
  return std::optional(*std::move(*entries));
}

// One is filled while another is written.
int64_t RocksDbReads::run_bytes() const {
  return std::max(folder_->options().most_waiting_bytes() / 2,
                  kLeastRunBytes);
}

absl::StatusOr<bool> RocksDbReads::IsBehind() {
  if (folder_->pipeline().waiting_bytes() <=
      folder_->options().most_waiting_bytes()) {
    return false;
  }
  RETURN_IF_ERROR(folder_->pipeline().write_status());
  return true;
}

}  // namespace millrace
