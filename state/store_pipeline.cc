#include "state/store_pipeline.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {

void StorePipeline::Push(std::unique_ptr<StoreRun> run) {
  if (run->empty()) return;
  is_used_ = true;
  auto item = std::make_shared<Item>();
  item->run = std::move(run);
  absl::MutexLock lock(&mutex_);
  waiting_bytes_ += static_cast<int64_t>(item->run->size_bytes());
  items_.push_back(std::move(item));
}

void StorePipeline::PushBarrier(CheckpointId checkpoint) {
  auto item = std::make_shared<Item>();
  item->barrier = checkpoint;
  absl::MutexLock lock(&mutex_);
  items_.push_back(std::move(item));
}

void StorePipeline::Abandon(CheckpointId checkpoint) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(items_, [&](const std::shared_ptr<Item>& item) {
    return item->barrier == checkpoint;
  });
}

int64_t StorePipeline::waiting_bytes() const {
  absl::MutexLock lock(&mutex_);
  return waiting_bytes_;
}

absl::StatusOr<KvStore*> StorePipeline::Store() {
  absl::MutexLock lock(&open_mutex_);
  if (store_ == nullptr) {
    ASSIGN_OR_RETURN(store_, open_());
  }
  return store_.get();
}

std::shared_ptr<StorePipeline::Item> StorePipeline::Front() const {
  absl::MutexLock lock(&mutex_);
  return items_.empty() ? nullptr : items_.front();
}

// An abandoned barrier may have gone meanwhile.
void StorePipeline::Pop(const std::shared_ptr<Item>& front) {
  absl::MutexLock lock(&mutex_);
  if (items_.empty() || items_.front() != front) return;
  if (front->run != nullptr) {
    waiting_bytes_ -= static_cast<int64_t>(front->run->size_bytes());
  }
  items_.pop_front();
}

absl::Status StorePipeline::write_status() const {
  absl::MutexLock lock(&mutex_);
  return write_status_;
}

absl::StatusOr<std::optional<CheckpointId>> StorePipeline::WriteToBarrier() {
  auto barrier = WriteRuns();
  absl::MutexLock lock(&mutex_);
  write_status_ = barrier.status();
  return barrier;
}

absl::StatusOr<std::optional<CheckpointId>> StorePipeline::WriteRuns() {
  for (;;) {
    const std::shared_ptr<Item> item = Front();
    if (item == nullptr) return std::nullopt;
    if (item->barrier) return item->barrier;
    ASSIGN_OR_RETURN(KvStore * store, Store());
    absl::call_once(item->sealed, [&] { item->run->Seal(); });
    RETURN_IF_ERROR(store->Write(*item->run));
    Pop(item);
  }
}

absl::Status StorePipeline::Drain() {
  absl::MutexLock lock(&write_mutex_);
  return WriteToBarrier().status();
}

absl::StatusOr<std::vector<KvStore::File>> StorePipeline::Link(
    CheckpointId checkpoint, const std::string& directory) {
  absl::MutexLock lock(&write_mutex_);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<CheckpointId> barrier,
                     WriteToBarrier());
    if (!barrier || *barrier > checkpoint) {
      return absl::AbortedError(
          absl::StrCat("checkpoint ", checkpoint.value(), " was abandoned"));
    }
    if (*barrier == checkpoint) break;
    Abandon(*barrier);
  }
  ASSIGN_OR_RETURN(KvStore * store, Store());
  auto files = store->Link(directory);
  Abandon(checkpoint);
  RETURN_IF_ERROR(WriteToBarrier().status());
  return files;
}

std::vector<std::shared_ptr<StorePipeline::Item>> StorePipeline::WaitingRuns()
    const {
  std::vector<std::shared_ptr<Item>> runs;
  {
    absl::MutexLock lock(&mutex_);
    std::copy_if(items_.begin(), items_.end(), std::back_inserter(runs),
                 [](const auto& item) { return item->run != nullptr; });
  }
  for (const auto& item : runs) {
    absl::call_once(item->sealed, [&] { item->run->Seal(); });
  }
  return runs;
}

// A run that is written meanwhile is put over what it wrote: the same.
absl::Status StorePipeline::ReadPrefix(
    absl::string_view prefix,
    std::vector<std::pair<std::string, std::string>>& entries) {
  const std::vector<std::shared_ptr<Item>> runs = WaitingRuns();
  std::map<std::string, std::string> found;
  RETURN_IF_ERROR(Scan(prefix, EndOfPrefix(prefix),
                       [&](absl::string_view key, absl::string_view value) {
                         found.emplace(key, value);
                         return absl::OkStatus();
                       }));
  for (const auto& item : runs) {
    for (const StoreRun::Range& range : item->run->dropped()) {
      found.erase(found.lower_bound(range.first),
                  range.limit.empty() ? found.end()
                                      : found.lower_bound(range.limit));
    }
    item->run->ForEach(prefix, [&](const StoreRun::Entry& entry) {
      if (entry.erased) {
        found.erase(std::string(entry.key));
      } else {
        found.insert_or_assign(std::string(entry.key),
                               std::string(entry.value));
      }
    });
  }
  entries.assign(std::make_move_iterator(found.begin()),
                 std::make_move_iterator(found.end()));
  return absl::OkStatus();
}

absl::Status StorePipeline::Read(
    std::span<const absl::string_view> keys,
    std::vector<std::optional<std::string>>& values) {
  const std::vector<std::shared_ptr<Item>> runs = WaitingRuns();
  values.assign(keys.size(), std::nullopt);
  std::vector<absl::string_view> unanswered;
  std::vector<size_t> places;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::optional<StoreRun::Entry> entry;
    for (auto item = runs.rbegin(); item != runs.rend() && !entry; ++item) {
      entry = (*item)->run->Find(keys[i]);
    }
    if (!entry) {
      unanswered.push_back(keys[i]);
      places.push_back(i);
    } else if (!entry->erased) {
      values[i].emplace(entry->value);
    }
  }
  if (unanswered.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(KvStore * store, Store());
  std::vector<std::optional<std::string>> read;
  RETURN_IF_ERROR(store->Read(unanswered, read));
  for (size_t i = 0; i < places.size(); ++i) {
    values[places[i]] = std::move(read[i]);
  }
  return absl::OkStatus();
}

absl::Status StorePipeline::Scan(
    absl::string_view first, absl::string_view limit,
    absl::FunctionRef<absl::Status(absl::string_view, absl::string_view)>
        visit) {
  ASSIGN_OR_RETURN(KvStore * store, Store());
  return store->Scan(first, limit, visit);
}

}  // namespace millrace
