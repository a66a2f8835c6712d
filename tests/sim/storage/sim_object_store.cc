#include "tests/sim/storage/sim_object_store.h"

#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

void SimBucket::set_faults(const Faults& faults) {
  VisibleMutexLock lock(&mutex_);
  faults_ = faults;
}

SimBucket::Counts SimBucket::counts() const {
  VisibleMutexLock lock(&mutex_);
  return counts_;
}

void SimBucket::FlipBit(const std::string& name, int64_t bit) {
  VisibleMutexLock lock(&mutex_);
  std::string& bytes = objects_.at(name).bytes;
  MILLRACE_CHECK(bit / 8 < static_cast<int64_t>(bytes.size()));
  bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
}

void SimBucket::Cut(const std::string& name, int64_t size_bytes) {
  VisibleMutexLock lock(&mutex_);
  std::string& bytes = objects_.at(name).bytes;
  MILLRACE_CHECK(size_bytes < static_cast<int64_t>(bytes.size()));
  bytes.resize(size_bytes);
}

std::vector<std::string> SimBucket::Names() const {
  VisibleMutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, stored] : objects_) names.push_back(name);
  return names;
}

absl::Status SimBucket::BeginCall() {
  ++calls_;
  if (!Happens(faults_.unavailable)) return absl::OkStatus();
  ++counts_.unavailable;
  return absl::UnavailableError("503 slow down");
}

absl::Status SimBucket::EndChange() {
  if (!Happens(faults_.ambiguous)) return absl::OkStatus();
  ++counts_.ambiguous;
  return absl::UnavailableError("the answer was lost");
}

absl::Status SimObjectStore::Put(const std::string& name,
                                 absl::string_view bytes) {
  VisibleMutexLock lock(&bucket_->mutex_);
  RETURN_IF_ERROR(bucket_->BeginCall());
  ++bucket_->counts_.puts;
  bucket_->objects_[name] = {.bytes = std::string(bytes),
                             .put_at = bucket_->calls_};
  bucket_->deleted_.erase(name);
  return bucket_->EndChange();
}

absl::Status SimObjectStore::PutFile(const std::string& name,
                                     const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, disk_->Read(path));
  return Put(name, bytes);
}

absl::StatusOr<std::string> SimObjectStore::Get(const std::string& name,
                                                int64_t offset,
                                                int64_t length) {
  VisibleMutexLock lock(&bucket_->mutex_);
  RETURN_IF_ERROR(bucket_->BeginCall());
  const auto found = bucket_->objects_.find(name);
  if (found == bucket_->objects_.end()) return absl::NotFoundError(name);
  const std::string& bytes = found->second.bytes;
  if (offset >= static_cast<int64_t>(bytes.size())) return std::string();
  return bytes.substr(offset, length);
}

absl::Status SimObjectStore::GetFile(const std::string& name,
                                     const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   Get(name, 0, std::numeric_limits<int64_t>::max()));
  ASSIGN_OR_RETURN(const auto file, disk_->Create(path));
  absl::Status written = file->Append(bytes);
  if (written.ok()) written = file->Close();
  if (!written.ok()) disk_->Remove(path).IgnoreError();
  return written;
}

absl::Status SimObjectStore::Delete(const std::string& name) {
  VisibleMutexLock lock(&bucket_->mutex_);
  RETURN_IF_ERROR(bucket_->BeginCall());
  ++bucket_->counts_.deletes;
  const auto found = bucket_->objects_.find(name);
  if (found != bucket_->objects_.end()) {
    bucket_->deleted_[name] = {bucket_->calls_, found->second.bytes.size()};
    bucket_->objects_.erase(found);
  }
  return bucket_->EndChange();
}

absl::StatusOr<std::vector<ObjectStore::Object>> SimObjectStore::List(
    const std::string& prefix) {
  VisibleMutexLock lock(&bucket_->mutex_);
  RETURN_IF_ERROR(bucket_->BeginCall());
  const int64_t lag =
      static_cast<int64_t>(bucket_->rng_.Below(bucket_->faults_.list_lag + 1));
  const int64_t seen_until = bucket_->calls_ - lag;
  bool is_stale = false;
  std::vector<Object> objects;
  for (const auto& [name, stored] : bucket_->objects_) {
    if (!absl::StartsWith(name, prefix)) continue;
    if (stored.put_at > seen_until) {
      is_stale = true;
      continue;
    }
    objects.push_back(
        {.name = name,
         .size_bytes = static_cast<int64_t>(stored.bytes.size())});
  }
  for (const auto& [name, deleted] : bucket_->deleted_) {
    if (deleted.first <= seen_until || !absl::StartsWith(name, prefix)) {
      continue;
    }
    is_stale = true;
    objects.push_back({.name = name, .size_bytes = deleted.second});
  }
  bucket_->counts_.stale_lists += is_stale;
  return objects;
}

}  // namespace millrace
