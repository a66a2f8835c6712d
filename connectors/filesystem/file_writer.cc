#include "connectors/filesystem/file_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/event_time.h"
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
    const Options& options) {
  auto writer = std::unique_ptr<FileWriter>(
      new FileWriter(table, files, options,
                     MakeRouter(table, options.options)));
  ASSIGN_OR_RETURN(writer->encoder_,
                   files.format->MakeEncoder(files.format_request));
  return writer;
}

FileWriter::FileWriter(const TableDescriptor& table, const FileTable& files,
                       const Options& options, PartitionRouter router)
    : options_(options),
      path_(files.path),
      run_(absl::StrFormat("%016x", options.clock == nullptr
                                        ? 0
                                        : absl::ToUnixNanos(
                                              options.clock->Now()))),
      commits_(!table.partition_keys.empty() && options.options.success_file),
      router_(std::move(router)),
      commit_(options.options, table.partition_keys),
      watermark_ms_(kMinWatermark) {
  int index = 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].is_virtual) continue;
    if (files.columns[i].source == FileTable::Column::Source::kFormat) {
      format_columns_.push_back(index);
    }
    ++index;
  }
}

absl::Time FileWriter::Now() const {
  return options_.clock == nullptr ? absl::UnixEpoch()
                                   : options_.clock->Now();
}

std::string FileWriter::FolderOf(int partition) const {
  const std::string& folder = router_.folder(partition);
  return folder.empty() ? path_ : absl::StrCat(path_, "/", folder);
}

absl::StatusOr<Writer::Accepted> FileWriter::Write(const Batch& batch) {
  for (const PartitionRouter::Group& group : router_.Route(batch)) {
    RETURN_IF_ERROR(WriteGroup(batch, group));
  }
  return Accepted::kAll;
}

absl::Status FileWriter::WriteGroup(const Batch& batch,
                                    const PartitionRouter::Group& group) {
  Batch rows = {.row_count = batch.row_count,
                .selected = group.rows,
                .kinds = batch.kinds};
  for (const int column : format_columns_) {
    rows.columns.push_back(batch.columns[column]);
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
  ASSIGN_OR_RETURN(PartFile * part, PartOf(group.partition));
  RETURN_IF_ERROR(part->file().Append(lines_));
  if (commits_) {
    commit_.OnRows(group.partition, router_.values(group.partition), Now());
  }
  return part->file().size_bytes() >= options_.options.part_size_bytes
             ? FinishPart(group.partition)
             : absl::OkStatus();
}

absl::StatusOr<PartFile*> FileWriter::PartOf(int partition) {
  std::unique_ptr<PartFile>& part = parts_[partition];
  if (part == nullptr) {
    ASSIGN_OR_RETURN(
        part, PartFile::Create(FolderOf(partition),
                               absl::StrCat("part-", run_, "-",
                                            options_.subtask, "-",
                                            part_count_++),
                               Now()));
    RETURN_IF_ERROR(part->file().Append(encoder_->FileHeader()));
  }
  return part.get();
}

absl::Status FileWriter::FinishPart(int partition) {
  const auto found = parts_.find(partition);
  if (found == parts_.end()) return absl::OkStatus();
  const std::unique_ptr<PartFile> part = std::move(found->second);
  parts_.erase(found);
  return part == nullptr ? absl::OkStatus() : part->Finish();
}

absl::Status FileWriter::Advance(int64_t watermark_ms) {
  watermark_ms_ = watermark_ms;
  return CommitDue();
}

absl::StatusOr<Writer::Accepted> FileWriter::Flush() {
  const absl::Time now = Now();
  std::vector<int> old;
  for (const auto& [partition, part] : parts_) {
    if (part != nullptr &&
        now - part->created() >= options_.options.rollover_interval) {
      old.push_back(partition);
    }
  }
  for (const int partition : old) RETURN_IF_ERROR(FinishPart(partition));
  RETURN_IF_ERROR(CommitDue());
  return Accepted::kAll;
}

absl::Status FileWriter::CommitDue() {
  if (!commits_) return absl::OkStatus();
  for (const int partition : commit_.TakeDue(watermark_ms_, Now())) {
    RETURN_IF_ERROR(Commit(partition));
  }
  return absl::OkStatus();
}

absl::Status FileWriter::Commit(int partition) {
  RETURN_IF_ERROR(FinishPart(partition));
  // Other subtasks commit the same partition, maybe now.
  return OutputFile::Touch(absl::StrCat(FolderOf(partition), "/",
                                        options_.options.success_file_name));
}

absl::StatusOr<std::string> FileWriter::Finish() {
  while (!parts_.empty()) RETURN_IF_ERROR(FinishPart(parts_.begin()->first));
  for (const int partition : commit_.TakeAll()) {
    RETURN_IF_ERROR(Commit(partition));
  }
  return std::string();
}

}  // namespace millrace
