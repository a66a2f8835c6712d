#include "connectors/kafka/exactly_once/open_epoch.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {

OpenEpoch::OpenEpoch(Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      outcomes_(std::make_shared<Outcomes>(surroundings_.wake)) {}

absl::Status OpenEpoch::Append(const OutputRecord& record) {
  MILLRACE_CHECK(!closing_);
  const size_t before = bytes_.size();
  blocks_.Append(record, bytes_);
  ++record_count_;
  if (bytes_.size() == before) return absl::OkStatus();
  int64_t closed_bytes = 0;
  for (const SealedEpoch::Chunk& chunk : chunks_) {
    closed_bytes += chunk.size_bytes;
  }
  const int64_t chunk_bytes =
      spilled_bytes_ + static_cast<int64_t>(bytes_.size()) - closed_bytes;
  if (chunk_bytes >= static_cast<int64_t>(SealedEpoch::kChunkBytes)) {
    CloseChunk();
  }
  return Spill();
}

void OpenEpoch::CloseChunk() {
  blocks_.Flush(bytes_);
  SealedEpoch::Chunk chunk = {
      .size_bytes = spilled_bytes_ + static_cast<int64_t>(bytes_.size()),
      .records = static_cast<int32_t>(record_count_)};
  for (const SealedEpoch::Chunk& closed : chunks_) {
    chunk.size_bytes -= closed.size_bytes;
    chunk.records -= closed.records;
  }
  if (chunk.records > 0) chunks_.push_back(chunk);
}

absl::Status OpenEpoch::Spill() {
  if (surroundings_.folder.empty()) return absl::OkStatus();
  if (file_ == nullptr) {
    if (bytes_.size() <= SealedEpoch::kMostInlinedBytes) {
      return absl::OkStatus();
    }
    const std::string path =
        absl::StrCat(surroundings_.folder, "/", surroundings_.name, "-",
                     file_count_++, ".sealed");
    StagedPart::Place at;
    at.staging = path;
    at.target = path;
    ASSIGN_OR_RETURN(
        file_, StagedPart::Create(*surroundings_.disk, std::move(at)));
  }
  RETURN_IF_ERROR(file_->Append(bytes_));
  spilled_bytes_ += static_cast<int64_t>(bytes_.size());
  bytes_.clear();
  return absl::OkStatus();
}

absl::StatusOr<bool> OpenEpoch::Persist() {
  if (!closing_) {
    CloseChunk();
    RETURN_IF_ERROR(Spill());
    if (file_ == nullptr) return true;
    closing_ = true;
    surroundings_.background->Post([file = file_, outcomes = outcomes_,
                                    disk = surroundings_.disk,
                                    folder = surroundings_.folder] {
      absl::Status status = file->Close();
      if (status.ok()) status = disk->SyncDirectory(folder);
      outcomes->Post(std::move(status));
    });
  }
  for (const absl::Status& status : outcomes_->TakeAll()) {
    RETURN_IF_ERROR(status);
    closed_ = true;
  }
  return closed_;
}

void OpenEpoch::SealInto(SealedEpoch& epoch) {
  epoch.chunks = std::exchange(chunks_, {});
  epoch.inlined = std::exchange(bytes_, {});
  if (file_ != nullptr) epoch.path = file_->place().staging;
  file_ = nullptr;
  closing_ = false;
  closed_ = false;
  spilled_bytes_ = 0;
  record_count_ = 0;
}

void SweepSealed(Disk& disk, const std::string& folder, int64_t attempt) {
  const auto entries = disk.List(folder);
  if (!entries.ok()) return;  // The next attempt does it.
  for (const Disk::Entry& entry : *entries) {
    int64_t of = 0;
    const std::pair<absl::string_view, absl::string_view> name =
        absl::StrSplit(entry.name, absl::MaxSplits('-', 1));
    if (!absl::SimpleAtoi(name.first, &of) || of >= attempt) continue;
    disk.Remove(absl::StrCat(folder, "/", entry.name)).IgnoreError();
  }
}

int64_t OpenEpoch::size_bytes() const {
  return spilled_bytes_ + static_cast<int64_t>(bytes_.size()) +
         static_cast<int64_t>(blocks_.buffered_bytes());
}

}  // namespace millrace::kafka
