#include "connectors/filesystem/file_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/file_commit.h"
#include "connectors/filesystem/partition_mark.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/check.h"
#include "runtime/base/event_time.h"
#include "runtime/base/hash.h"
#include "runtime/base/metrics.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

PartitionRouter MakeRouter(const TableDescriptor& table,
                           const FileOptions& options) {
  std::vector<int> columns;
  std::vector<LogicalType> types;
  for (const std::string& key : table.partition_keys) {
    int index = 0;
    for (const TableColumn& column : table.columns) {
      if (column.is_virtual) continue;
      if (column.name == key) {
        columns.push_back(index);
        types.push_back(column.type);
      }
      ++index;
    }
  }
  return PartitionRouter(std::move(columns), std::move(types),
                         table.partition_keys, options.default_partition_name);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Open(
    const TableDescriptor& table, const FileTable& files,
    const FileOptions& options, const ConnectorContext& context) {
  MILLRACE_CHECK(context.disk != nullptr && context.background != nullptr);
  auto writer = std::unique_ptr<FileWriter>(new FileWriter(
      table, files, options, context, MakeRouter(table, options)));
  ASSIGN_OR_RETURN(writer->encoder_,
                   files.format->MakeEncoder(files.format_request));
  return writer;
}

FileWriter::FileWriter(const TableDescriptor& table, const FileTable& files,
                       const FileOptions& options,
                       const ConnectorContext& context, PartitionRouter router)
    : options_(options),
      context_(context),
      path_(files.path),
      staging_folder_(StagingFolder(path_, context.job_id)),
      run_(RunName(context)),
      marks_(!table.partition_keys.empty() && options.success_file),
      router_(std::move(router)),
      commit_(options, table.partition_keys),
      saver_(context.disk, context.background, context.wake, staging_folder_),
      watermark_ms_(kMinWatermark) {
  if (context.metrics != nullptr) {
    bytes_sent_ = context.metrics->AddCounter("numBytesSend",
                                              "Bytes written into files.");
  }
  int index = 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].is_virtual) continue;
    if (files.columns[i].source == FileTable::Column::Source::kFormat) {
      format_columns_.push_back(index);
    }
    ++index;
  }
}

std::string FileWriter::FolderOfPartition(int partition) const {
  const std::string& folder = router_.folder(partition);
  return folder.empty() ? path_ : absl::StrCat(path_, "/", folder);
}

absl::StatusOr<Writer::Accepted> FileWriter::Write(const Batch& batch) {
  ASSIGN_OR_RETURN(const bool written, WritePending());
  if (!written) return Accepted::kFull;
  pending_ = {.batch = batch, .groups = router_.Route(batch)};
  RETURN_IF_ERROR(WritePending().status());
  return Accepted::kAll;
}

absl::StatusOr<bool> FileWriter::WritePending() {
  RETURN_IF_ERROR(TakeSaved());
  for (; pending_.next < pending_.groups.size(); ++pending_.next) {
    const PartitionRouter::Group& group = pending_.groups[pending_.next];
    ASSIGN_OR_RETURN(StagedPart * part, PartOf(group.partition));
    if (part == nullptr) return false;
    RETURN_IF_ERROR(WriteGroup(group, *part));
  }
  pending_ = {};
  return true;
}

absl::Status FileWriter::WriteGroup(const PartitionRouter::Group& group,
                                    StagedPart& part) {
  Batch rows = {.row_count = pending_.batch.row_count,
                .selected = group.rows,
                .kinds = pending_.batch.kinds};
  for (const int column : format_columns_) {
    rows.columns.push_back(pending_.batch.columns[column]);
  }
  records_.clear();
  ends_.clear();
  lines_.clear();
  RETURN_IF_ERROR(encoder_->Encode(rows, records_, ends_));
  uint32_t start = 0;
  for (const uint32_t end : ends_) {
    lines_.append(records_, start, end - start);
    lines_.push_back('\n');
    start = end;
  }
  RETURN_IF_ERROR(part.Append(lines_));
  if (bytes_sent_ != nullptr) bytes_sent_->Add(lines_.size());
  if (marks_) {
    commit_.OnRows(group.partition, router_.values(group.partition), Now());
  }
  return part.size_bytes() >= options_.part_size_bytes
             ? ClosePart(group.partition)
             : absl::OkStatus();
}

absl::StatusOr<StagedPart*> FileWriter::PartOf(int partition) {
  auto found = open_.find(partition);
  if (found == open_.end()) {
    if (open_.size() + saver_.away_count() >= kMostParts) {
      if (saver_.away_count() < kMostClosing) {
        RETURN_IF_ERROR(CloseLongestUnused());
        RETURN_IF_ERROR(TakeSaved());
      }
      if (open_.size() + saver_.away_count() >= kMostParts) return nullptr;
    }
    ASSIGN_OR_RETURN(auto part, NewPart(partition));
    found = open_.try_emplace(partition, OpenPart{std::move(part)}).first;
  }
  found->second.last_write = ++write_count_;
  return found->second.part.get();
}

StagedPart::Place FileWriter::NewPlace(int partition, int64_t begun_after) {
  const std::string folder = FolderOfPartition(partition);
  const std::string name = absl::StrCat("part-", run_, "-", context_.subtask,
                                        "-", part_count_++);
  const StagedName staged = {.attempt = context_.attempt,
                             .begun_after = begun_after,
                             .partition = PartitionHash(folder),
                             .name = name};
  return {.staging = absl::StrCat(staging_folder_, "/", staged.ToString()),
          .target = absl::StrCat(folder, "/", name),
          .partition = partition,
          .created = Now()};
}

absl::StatusOr<std::shared_ptr<StagedPart>> FileWriter::NewPart(
    int partition) {
  ASSIGN_OR_RETURN(
      std::shared_ptr<StagedPart> part,
      StagedPart::Create(*context_.disk, NewPlace(partition, sealed_)));
  RETURN_IF_ERROR(part->Append(encoder_->FileHeader()));
  return part;
}

absl::Status FileWriter::ClosePart(int partition) {
  const auto found = open_.find(partition);
  if (found == open_.end()) return absl::OkStatus();
  saver_.Post({std::move(found->second.part)}, /*close=*/true);
  open_.erase(found);
  return TakeSaved();
}

absl::Status FileWriter::CloseLongestUnused() {
  const auto unused = std::min_element(
      open_.begin(), open_.end(), [](const auto& a, const auto& b) {
        return a.second.last_write < b.second.last_write;
      });
  return unused == open_.end() ? absl::OkStatus() : ClosePart(unused->first);
}

absl::Status FileWriter::TakeSaved() {
  ASSIGN_OR_RETURN(const PartSaver::Parts saved, saver_.Take());
  for (const std::shared_ptr<StagedPart>& part : saved) {
    if (part->is_closed()) closed_.push_back(part);
  }
  return absl::OkStatus();
}

absl::Status FileWriter::Advance(int64_t watermark_ms) {
  watermark_ms_ = watermark_ms;
  return absl::OkStatus();
}

absl::StatusOr<Writer::Accepted> FileWriter::Flush() {
  ASSIGN_OR_RETURN(const bool written, WritePending());
  if (!written) return Accepted::kFull;
  if (!std::exchange(flushing_, true)) {
    RETURN_IF_ERROR(CloseDue());
    PartSaver::Parts dirty;
    for (const auto& [partition, open] : open_) {
      if (open.part->is_dirty()) dirty.push_back(open.part);
    }
    if (!dirty.empty()) saver_.Post(std::move(dirty), /*close=*/false);
    RETURN_IF_ERROR(TakeSaved());
  }
  if (saver_.away_count() > 0) return Accepted::kFull;
  flushing_ = false;
  return Accepted::kAll;
}

absl::Status FileWriter::CloseDue() {
  const absl::Time now = Now();
  if (marks_) {
    for (const int partition : input_ended_
                                   ? commit_.TakeAll()
                                   : commit_.TakeDue(watermark_ms_, now)) {
      complete_.insert(partition);
    }
  }
  std::vector<int> due;
  for (const auto& [partition, open] : open_) {
    const absl::Duration age = now - open.part->place().created;
    if (input_ended_ || age >= options_.rollover_interval ||
        complete_.contains(partition)) {
      due.push_back(partition);
    }
  }
  for (const int partition : due) RETURN_IF_ERROR(ClosePart(partition));
  return absl::OkStatus();
}

absl::StatusOr<Writer::Sealed> FileWriter::Seal(CheckpointId checkpoint) {
  MILLRACE_CHECK(saver_.away_count() == 0 && pending_.groups.empty());
  Sealed sealed = {.committables = TakeCommittables(checkpoint),
                   .open = OpenItems(checkpoint)};
  sealed_ = checkpoint.value();
  left_open_ = sealed.open;
  return sealed;
}

std::vector<Committable> FileWriter::TakeCommittables(
    CheckpointId checkpoint) {
  using Kind = FileCommit::Kind;
  std::vector<Committable> committables;
  for (const std::shared_ptr<StagedPart>& part : closed_) {
    committables.push_back(FileCommit{.kind = Kind::kPart,
                                      .from = part->place().staging,
                                      .to = part->place().target}
                               .ToCommittable());
  }
  closed_.clear();
  const uint64_t writer =
      HashBytes(absl::StrCat(run_, "-", context_.subtask));
  for (const int partition : std::exchange(complete_, {})) {
    committables.push_back(
        FileCommit{.kind = Kind::kMark,
                   .from = staging_folder_,
                   .to = FolderOfPartition(partition),
                   .name = options_.success_file_name,
                   .second = static_cast<int64_t>(writer)}
            .ToCommittable());
  }
  if (marks_) {
    committables.push_back(
        FileCommit{.kind = Kind::kEpoch, .first = checkpoint.value()}
            .ToCommittable());
  }
  if (std::exchange(sweeps_, false)) {
    committables.push_back(FileCommit{.kind = Kind::kSweep,
                                      .from = staging_folder_,
                                      .first = context_.attempt}
                               .ToCommittable());
  }
  return committables;
}

std::vector<std::string> FileWriter::OpenItems(CheckpointId checkpoint) const {
  using Kind = OpenItem::Kind;
  std::vector<std::string> items;
  for (const auto& [partition, open] : open_) {
    const StagedPart::Place& place = open.part->place();
    items.push_back(OpenItem{.kind = Kind::kPart,
                             .from = place.staging,
                             .to = place.target,
                             .first = open.part->size_bytes(),
                             .second = absl::ToUnixMillis(place.created),
                             .values = router_.values(partition)}
                        .ToString());
  }
  for (const auto& [partition, first_row] : commit_.Pending()) {
    items.push_back(OpenItem{.kind = Kind::kPartition,
                             .first = absl::ToUnixMillis(first_row),
                             .values = router_.values(partition)}
                        .ToString());
  }
  items.push_back(OpenItem{.kind = Kind::kEpoch, .first = checkpoint.value()}
                      .ToString());
  return items;
}

absl::Status FileWriter::Restore(const std::vector<std::string>& open) {
  left_open_ = open;
  for (const std::string& text : open) {
    ASSIGN_OR_RETURN(const OpenItem item, OpenItem::From(text));
    if (item.kind != OpenItem::Kind::kEpoch &&
        item.values.size() != router_.column_count()) {
      return item.Lost("the table was partitioned by other columns");
    }
    switch (item.kind) {
      case OpenItem::Kind::kEpoch:
        sealed_ = std::max(sealed_, item.first);
        break;
      case OpenItem::Kind::kPartition:
        if (marks_) {
          commit_.OnRows(router_.Add(item.values), item.values,
                         absl::FromUnixMillis(item.first));
        }
        break;
      case OpenItem::Kind::kPart: RETURN_IF_ERROR(RestorePart(item)); break;
    }
  }
  if (closed_.empty()) return absl::OkStatus();
  const absl::Status synced = context_.disk->SyncDirectory(staging_folder_);
  return synced.ok() ? synced : Unwritable(staging_folder_, synced);
}

absl::Status FileWriter::RestorePart(const OpenItem& item) {
  ASSIGN_OR_RETURN(
      std::shared_ptr<StagedPart> part,
      StagedPart::CopyOf(*context_.disk, item, PlaceOfCopy(item)));
  if (part != nullptr) closed_.push_back(std::move(part));
  return absl::OkStatus();
}

// Its rows are older than whatever was sealed.
StagedPart::Place FileWriter::PlaceOfCopy(const OpenItem& item) {
  return NewPlace(router_.Add(item.values), /*begun_after=*/0);
}

absl::StatusOr<std::vector<LastParts::Part>> FileWriter::PartsLeftOpen() {
  std::vector<LastParts::Part> parts;
  for (const std::string& text : left_open_) {
    ASSIGN_OR_RETURN(OpenItem item, OpenItem::From(text));
    if (item.kind != OpenItem::Kind::kPart) continue;
    StagedPart::Place place = PlaceOfCopy(item);
    parts.push_back({std::move(item), std::move(place)});
  }
  return parts;
}

absl::StatusOr<std::optional<std::string>> FileWriter::Finish() {
  if (!last_parts_.has_value()) {
    ASSIGN_OR_RETURN(auto parts, PartsLeftOpen());
    last_parts_.emplace(context_.disk, context_.background, context_.wake,
                        staging_folder_, std::move(parts));
  }
  ASSIGN_OR_RETURN(const bool shown, last_parts_->GoOn());
  if (!shown) return std::nullopt;
  for (const std::shared_ptr<StagedPart>& part : closed_) {
    // Copied for going on.
    context_.disk->Remove(part->place().staging).IgnoreError();
  }
  return std::string();
}

}  // namespace millrace
