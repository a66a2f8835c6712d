#include "connectors/filesystem/staged_part.h"

#include <utility>

#include "connectors/filesystem/staging_area.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<std::unique_ptr<StagedPart>> StagedPart::Create(Disk& disk,
                                                               Place place) {
  auto file = disk.Create(place.staging);
  if (!file.ok()) {
    // The first one; or an attempt that has just ended took the folder away.
    const std::string folder = FolderOf(place.staging);
    RETURN_IF_ERROR(MakeStagingFolder(disk, FolderOf(folder), folder));
    file = disk.Create(place.staging);
  }
  if (!file.ok()) return Unwritable(place.staging, file.status());
  return std::unique_ptr<StagedPart>(
      new StagedPart(std::move(place), *std::move(file)));
}

absl::Status StagedPart::Append(absl::string_view bytes) {
  buffer_.append(bytes.data(), bytes.size());
  size_bytes_ += static_cast<int64_t>(bytes.size());
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : WriteBuffer();
}

absl::Status StagedPart::WriteBuffer() {
  if (buffer_.empty()) return absl::OkStatus();
  const absl::Status written = file_->Append(buffer_);
  buffer_.clear();
  return written.ok() ? written : Unwritable(place_.staging, written);
}

absl::Status StagedPart::Persist() {
  RETURN_IF_ERROR(WriteBuffer());
  const absl::Status synced = file_->Sync();
  if (!synced.ok()) return Unwritable(place_.staging, synced);
  durable_bytes_ = size_bytes_;
  return absl::OkStatus();
}

absl::Status StagedPart::Close() {
  RETURN_IF_ERROR(Persist());
  const absl::Status closed = file_->Close();
  file_ = nullptr;
  buffer_ = std::string();
  return closed.ok() ? closed : Unwritable(place_.staging, closed);
}

}  // namespace millrace
