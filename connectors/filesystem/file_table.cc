#include "connectors/filesystem/file_table.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "connectors/filesystem/file_listing.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// The options of the table without those of its format ("json.*").
TableOptions WithoutPrefix(const TableOptions& options,
                           const std::string& prefix) {
  TableOptions kept;
  for (const auto& [key, value] : options) {
    if (!absl::StartsWith(key, prefix)) kept.emplace(key, value);
  }
  return kept;
}

}  // namespace

absl::StatusOr<FileTable> FileTable::Of(const TableDescriptor& table,
                                        const ConnectorRegistry& formats,
                                        const std::vector<OptionSpec>& specs) {
  const OptionReader reader(table.options, specs);
  FileTable files;
  ASSIGN_OR_RETURN(files.format_name, reader.RequiredText("format"));
  ASSIGN_OR_RETURN(files.format, formats.FindFormat(files.format_name));
  const std::string prefix = files.format_name + ".";
  RETURN_IF_ERROR(ValidateOptions("connector 'filesystem'",
                                  WithoutPrefix(table.options, prefix),
                                  specs));
  ASSIGN_OR_RETURN(const std::string path, reader.RequiredText("path"));
  ASSIGN_OR_RETURN(files.path, LocalPath(path));
  files.format_request.options = reader.WithPrefix(prefix);
  for (const TableColumn& column : table.columns) {
    const auto& keys = table.partition_keys;
    const auto key = std::find(keys.begin(), keys.end(), column.name);
    if (column.metadata_key) {
      files.columns.push_back({Column::Source::kMetadata, 0});
    } else if (key != keys.end()) {
      files.columns.push_back({Column::Source::kPartition,
                               static_cast<int>(key - keys.begin())});
    } else {
      files.columns.push_back(
          {Column::Source::kFormat,
           static_cast<int>(files.format_request.columns.size())});
      files.format_request.columns.push_back(column);
    }
  }
  // Only a format knows what it takes: asked now, not when the job runs.
  RETURN_IF_ERROR(
      files.format->MakeDecoder(files.format_request, SourceRequest{})
          .status());
  return files;
}

}  // namespace millrace
