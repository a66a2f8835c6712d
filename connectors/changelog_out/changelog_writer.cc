#include "connectors/changelog_out/changelog_writer.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "connectors/changelog_out/change_line.h"
#include "connectors/filesystem/file_commit.h"
#include "connectors/filesystem/open_item.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/check.h"
#include "runtime/base/metrics.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Whether an earlier job may have left `file`, which the subtask's would be
// mixed up with; those of subtasks that are no more fall to the first.
bool IsLeftOver(absl::string_view file, const ConnectorContext& context) {
  int subtask = 0;
  if (!absl::ConsumePrefix(&file, "part-")) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(file, '-');
  if (parts.size() > 3 || !absl::SimpleAtoi(parts[0], &subtask)) return false;
  return subtask == context.subtask ||
         (context.subtask == 0 && subtask >= context.parallelism);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChangelogWriter>> ChangelogWriter::Open(
    std::string path, std::vector<LogicalType> types,
    const ConnectorContext& context) {
  MILLRACE_CHECK(context.disk != nullptr && context.background != nullptr);
  auto writer = std::unique_ptr<ChangelogWriter>(
      new ChangelogWriter(std::move(path), std::move(types), context));
  RETURN_IF_ERROR(MakeStagingFolder(*context.disk, writer->path_,
                                    writer->staging_folder_));
  auto lock =
      context.disk->Acquire(writer->lock_path_, Disk::IfHeld::kFail);
  if (absl::IsFailedPrecondition(lock.status())) {
    // It will not pass by waiting: the same job runs both.
    lock = absl::InvalidArgumentError("another sink is writing it");
  }
  const std::string target =
      absl::StrCat(writer->path_, "/part-", context.subtask);
  if (!lock.ok()) return Unwritable(target, lock.status());
  writer->lock_ = *std::move(lock);
  return writer;
}

ChangelogWriter::ChangelogWriter(std::string path,
                                 std::vector<LogicalType> types,
                                 const ConnectorContext& context)
    : path_(std::move(path)),
      types_(std::move(types)),
      context_(context),
      staging_folder_(StagingFolder(path_, context.job_id)),
      run_(RunName(context)),
      lock_path_(absl::StrCat(
          staging_folder_, "/",
          StagedLock{.attempt = context.attempt,
                     .name = absl::StrCat("part-", context.subtask)}
              .ToString())),
      saver_(context.disk, context.background, context.wake,
             staging_folder_) {
  if (context.metrics != nullptr) {
    bytes_sent_ = context.metrics->AddCounter("numBytesSend",
                                              "Bytes written into files.");
  }
}

ChangelogWriter::~ChangelogWriter() {
  if (lock_ == nullptr) return;
  context_.disk->Remove(lock_path_).IgnoreError();
  // With something in it, it stays for the next attempt.
  context_.disk->Remove(staging_folder_).IgnoreError();
}

absl::StatusOr<Writer::Accepted> ChangelogWriter::Write(const Batch& batch) {
  RETURN_IF_ERROR(BeginAnew());
  if (segment_ == nullptr) RETURN_IF_ERROR(BeginSegment());
  lines_.clear();
  batch.selection().ForEach([&](uint32_t row) {
    AppendChangeLine(batch, row, types_, lines_);
  });
  RETURN_IF_ERROR(segment_->Append(lines_));
  if (bytes_sent_ != nullptr) bytes_sent_->Add(lines_.size());
  return Accepted::kAll;
}

absl::Status ChangelogWriter::BeginAnew() {
  if (std::exchange(began_, true)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto entries, context_.disk->List(path_));
  bool any = false;
  for (const Disk::Entry& entry : entries) {
    if (!IsLeftOver(entry.name, context_)) continue;
    const std::string path = absl::StrCat(path_, "/", entry.name);
    const absl::Status removed = context_.disk->Remove(path);
    if (!removed.ok()) return Unwritable(path, removed);
    any = true;
  }
  // For good: a name that came back would pass for one of ours.
  return any ? context_.disk->SyncDirectory(path_) : absl::OkStatus();
}

absl::Status ChangelogWriter::BeginSegment() {
  const StagedName name = {
      .attempt = context_.attempt,
      .begun_after = sealed_,
      .name = absl::StrCat("part-", context_.subtask, "-", segment_count_++)};
  ASSIGN_OR_RETURN(
      segment_,
      StagedPart::Create(*context_.disk,
                         {.staging = absl::StrCat(staging_folder_, "/",
                                                  name.ToString())}));
  return absl::OkStatus();
}

absl::StatusOr<Writer::Accepted> ChangelogWriter::Flush() {
  RETURN_IF_ERROR(BeginAnew());
  if (segment_ != nullptr) {
    MILLRACE_CHECK(saved_ == nullptr);
    saver_.Post({std::exchange(segment_, nullptr)}, /*close=*/true);
  }
  ASSIGN_OR_RETURN(const PartSaver::Parts saved, saver_.Take());
  if (!saved.empty()) saved_ = saved.front();
  return saver_.away_count() > 0 ? Accepted::kFull : Accepted::kAll;
}

absl::StatusOr<Writer::Sealed> ChangelogWriter::Seal(CheckpointId checkpoint) {
  MILLRACE_CHECK(segment_ == nullptr && saver_.away_count() == 0);
  Sealed sealed;
  if (const auto saved = std::exchange(saved_, nullptr)) {
    std::string target = absl::StrCat(path_, "/part-", context_.subtask);
    if (!is_first_) {
      absl::StrAppendFormat(&target, "-%010d-%s", checkpoint.value(), run_);
    }
    is_first_ = false;
    sealed.committables.push_back(
        FileCommit{.from = saved->place().staging, .to = target}
            .ToCommittable());
  }
  if (std::exchange(sweeps_, false)) {
    sealed.committables.push_back(
        FileCommit{.kind = FileCommit::Kind::kSweep,
                   .from = staging_folder_,
                   .first = context_.attempt}
            .ToCommittable());
  }
  sealed.open.push_back(OpenItem{.kind = OpenItem::Kind::kEpoch,
                                 .first = checkpoint.value()}
                            .ToString());
  sealed_ = checkpoint.value();
  return sealed;
}

absl::Status ChangelogWriter::Restore(const std::vector<std::string>& open) {
  began_ = true;
  is_first_ = false;
  for (const std::string& text : open) {
    ASSIGN_OR_RETURN(const OpenItem item, OpenItem::From(text));
    sealed_ = std::max(sealed_, item.first);
  }
  return absl::OkStatus();
}

}  // namespace millrace
