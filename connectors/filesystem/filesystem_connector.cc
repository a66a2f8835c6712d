#include "connectors/filesystem/filesystem_connector.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/file_committer.h"
#include "connectors/filesystem/file_discovery.h"
#include "connectors/filesystem/file_enumerator.h"
#include "connectors/filesystem/file_options.h"
#include "connectors/filesystem/file_split_reader.h"
#include "connectors/filesystem/file_table.h"
#include "connectors/filesystem/file_writer.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Large enough that finding a range's first record costs nothing, small enough
// that readers end at about the same time.
constexpr int64_t kRangeBytes = 32 << 20;

absl::Status CheckMetadata(const TableDescriptor& table,
                           const std::vector<TableColumn>& known) {
  std::vector<std::string> keys;
  for (const TableColumn& column : known) keys.push_back(column.name);
  for (const TableColumn& column : table.columns) {
    if (!column.metadata_key) continue;
    if (std::find(keys.begin(), keys.end(), *column.metadata_key) ==
        keys.end()) {
      return UserError(
          {.code = "SQL-0908",
           .what = absl::StrCat("connector 'filesystem' has no metadata '",
                                *column.metadata_key, "' for column ",
                                column.name),
           .fix = "It has file.path, file.name, file.size, "
                  "file.modification-time"});
    }
  }
  return absl::OkStatus();
}

std::vector<TableColumn> MetadataColumns() {
  const auto column = [](const char* key, LogicalType type) {
    return TableColumn{.name = key,
                       .type = type.NotNull(),
                       .metadata_key = key,
                       .is_virtual = true};
  };
  return {column("file.path", LogicalType::String()),
          column("file.name", LogicalType::String()),
          column("file.size", LogicalType::BigInt()),
          column("file.modification-time", LogicalType::TimestampLtz(3))};
}

class FilesystemConnector final : public Connector {
 public:
  explicit FilesystemConnector(const ConnectorRegistry& formats)
      : formats_(formats) {}

  const std::vector<OptionSpec>& options() const override {
    return FileOptionSpecs();
  }

  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    ASSIGN_OR_RETURN(const FileTable files, Files(table));
    ASSIGN_OR_RETURN(const FileOptions options, ReadFileOptions(table));
    Capabilities able = {.source = true,
                         .sink = true,
                         .bounded = !options.is_monitored(),
                         .source_mode = files.format->changelog_mode(),
                         .sink_mode = files.format->changelog_mode(),
                         .sink_commits = true,
                         .metadata = MetadataColumns()};
    RETURN_IF_ERROR(CheckMetadata(table, able.metadata));
    return able;
  }

  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const override {
    ASSIGN_OR_RETURN(const FileOptions options, ReadFileOptions(table));
    return std::make_unique<FileEnumerator>(
        FileEnumerator::Options{.parallelism = parallelism,
                                .monitor_interval = options.monitor_interval});
  }

  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int parallelism) const override {
    ASSIGN_OR_RETURN(const FileTable files, Files(table));
    const char quote =
        files.format->QuoteCharacter(files.format_request.options);
    const bool ranges = parallelism > 1 && quote == 0;
    return std::make_unique<FileDiscovery>(FileDiscovery::Options{
        .path = files.path, .range_bytes = ranges ? kRangeBytes : 0});
  }

  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(FileTable files, Files(table));
    ASSIGN_OR_RETURN(const FileOptions options, ReadFileOptions(table));
    files.format_request.local_time_zone = context.local_time_zone;
    return FileSplitReader::Open(
        table, std::move(files), request,
        {.record_limit_bytes =
             static_cast<size_t>(options.record_limit_bytes)});
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(FileTable files, Files(table));
    ASSIGN_OR_RETURN(const FileOptions options, ReadFileOptions(table));
    files.format_request.local_time_zone = context.local_time_zone;
    return FileWriter::Open(table, files, options, context);
  }

  absl::StatusOr<std::unique_ptr<Committer>> MakeCommitter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const FileTable files, Files(table));
    return std::make_unique<FileCommitter>(
        context.disk, StagingFolder(files.path, context.job_id));
  }

  absl::Status Discard(const TableDescriptor& table,
                       const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const FileTable files, Files(table));
    return RemoveTree(*context.disk,
                      StagingFolder(files.path, context.job_id));
  }

 private:
  absl::StatusOr<FileTable> Files(const TableDescriptor& table) const {
    return FileTable::Of(table, formats_, options());
  }

  const ConnectorRegistry& formats_;
};

}  // namespace

void RegisterFilesystemConnector(ConnectorRegistry& registry) {
  registry.Add("filesystem", std::make_unique<FilesystemConnector>(registry));
}

}  // namespace millrace
