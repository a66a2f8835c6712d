#include "connectors/filesystem/staged_part.h"

#include <algorithm>
#include <utility>

#include "connectors/filesystem/staging_area.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What a copy of a part holds in memory.
constexpr int64_t kCopyBytes = 1 << 20;

}  // namespace

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

absl::StatusOr<std::unique_ptr<StagedPart>> StagedPart::CopyOf(
    Disk& disk, const OpenItem& open, Place place) {
  // The job went on from that checkpoint, and is now taken back to it; or it
  // was to end with it, and was killed meanwhile.
  ASSIGN_OR_RETURN(const int64_t visible, SizeOf(disk, open.to));
  if (visible >= 0) return nullptr;
  ASSIGN_OR_RETURN(const int64_t staged, SizeOf(disk, open.from));
  if (staged < 0) return open.Lost("it is not there");
  ASSIGN_OR_RETURN(auto copy, Create(disk, std::move(place)));
  while (copy->size_bytes() < open.first) {
    const int64_t at = copy->size_bytes();
    const int64_t length = std::min(kCopyBytes, open.first - at);
    ASSIGN_OR_RETURN(const std::string bytes, disk.Read(open.from, at, length));
    if (static_cast<int64_t>(bytes.size()) != length) {
      return open.Lost("it is shorter than it was");
    }
    RETURN_IF_ERROR(copy->Append(bytes));
  }
  RETURN_IF_ERROR(copy->Close());
  return copy;
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
