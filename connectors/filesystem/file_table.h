#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/format.h"

namespace millrace {

// The options of a filesystem table, checked: what its readers and writers
// share.
struct FileTable {
  std::string path;  // Local.
  const Format* format = nullptr;
  std::string format_name;
  // Columns that the format reads and writes: physical ones, without the
  // partition's.
  FormatRequest format_request;

  struct Column {
    enum class Source : uint8_t {
      kFormat,     // `index` into format_request.columns
      kPartition,  // `index` into TableDescriptor::partition_keys
      kMetadata    // file.path and the like
    };
    Source source = Source::kFormat;
    int index = 0;
  };
  // Where each of the table's columns comes from.
  std::vector<Column> columns;

  // Errors: SQL-09xx of options, of the path, of the format's own options.
  static absl::StatusOr<FileTable> Of(const TableDescriptor& table,
                                      const ConnectorRegistry& formats,
                                      const std::vector<OptionSpec>& specs);
};

}  // namespace millrace
