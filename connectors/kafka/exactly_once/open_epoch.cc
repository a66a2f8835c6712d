#include "connectors/kafka/exactly_once/open_epoch.h"

#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

absl::Status NotWritten(const absl::Status& status) {
  return MakeError(
      status.code(),
      {.code = "SNK-0309",
       .what = "output for Kafka cannot be kept with the checkpoints",
       .where = "",
       .why = std::string(status.message()),
       .fix = "Check that 'execution.checkpointing.dir' can be written and "
              "has room."});
}

}  // namespace

OpenEpoch::OpenEpoch(Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      outcomes_(std::make_shared<Outcomes>(surroundings_.wake)) {}

OpenEpoch::~OpenEpoch() {
  outcomes_->Close();
  if (files_.empty()) return;
  surroundings_.background->Post(
      [files = surroundings_.files, dropped = std::move(files_)] {
        for (const OutputFile& file : dropped) {
          // Nameless: it was still on its way, and is found by a later audit.
          if (!file.name.empty()) files->Drop(file);
        }
      });
}

absl::StatusOr<bool> OpenEpoch::HasRoom() {
  if (uploading_ == 0) return true;
  RETURN_IF_ERROR(TakeUploads());
  return uploading_ < kMostUploads;
}

void OpenEpoch::Append(const OutputRecord& record) {
  blocks_.Append(record, bytes_);
  ++record_count_;
  const int64_t open_bytes = static_cast<int64_t>(bytes_.size()) -
                             (files_.empty() ? closed_bytes_ : 0);
  if (open_bytes < static_cast<int64_t>(SealedEpoch::kChunkBytes)) return;
  CloseChunk();
  if (surroundings_.files != nullptr) UploadChunk();
}

void OpenEpoch::CloseChunk() {
  blocks_.Flush(bytes_);
  const int64_t before = files_.empty() ? closed_bytes_ : 0;
  const SealedEpoch::Chunk chunk = {
      .size_bytes = static_cast<int64_t>(bytes_.size()) - before,
      .records = static_cast<int32_t>(record_count_ - closed_records_)};
  if (chunk.records == 0) return;
  chunks_.push_back(chunk);
  closed_bytes_ += chunk.size_bytes;
  closed_records_ = record_count_;
}

void OpenEpoch::UploadChunk() {
  const size_t chunk = files_.size();
  MILLRACE_CHECK(chunk + 1 == chunks_.size());
  files_.emplace_back();
  ++uploading_;
  surroundings_.background->Post(
      [files = surroundings_.files, outcomes = outcomes_, chunk,
       number = file_count_++, bytes = std::exchange(bytes_, {})] {
        outcomes->Post({.chunk = chunk, .file = files->Put(number, bytes)});
      });
}

absl::Status OpenEpoch::TakeUploads() {
  for (Upload& upload : outcomes_->TakeAll()) {
    --uploading_;
    if (!upload.file.ok()) return NotWritten(upload.file.status());
    files_[upload.chunk] = *std::move(upload.file);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> OpenEpoch::Persist(size_t most_inlined_bytes) {
  CloseChunk();
  const bool keeps = files_.empty() && (surroundings_.files == nullptr ||
                                        bytes_.size() <= most_inlined_bytes);
  if (keeps) return true;
  if (files_.size() < chunks_.size()) UploadChunk();
  RETURN_IF_ERROR(TakeUploads());
  return uploading_ == 0;
}

void OpenEpoch::SealInto(SealedEpoch& epoch) {
  MILLRACE_CHECK(uploading_ == 0);
  epoch.chunks = std::exchange(chunks_, {});
  epoch.files = std::exchange(files_, {});
  epoch.inlined = std::exchange(bytes_, {});
  closed_bytes_ = 0;
  closed_records_ = 0;
  record_count_ = 0;
}

int64_t OpenEpoch::size_bytes() const {
  const int64_t open_bytes = static_cast<int64_t>(bytes_.size()) +
                             static_cast<int64_t>(blocks_.buffered_bytes());
  return files_.empty() ? open_bytes : closed_bytes_ + open_bytes;
}

}  // namespace millrace::kafka
