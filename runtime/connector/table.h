#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/connector/options.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// A column that a connector itself fills or takes: physical, or metadata.
struct TableColumn {
  std::string name;
  LogicalType type;
  // The connector's metadata key ("timestamp", "partition"); none = physical.
  std::optional<std::string> metadata_key;
  bool is_virtual = false;  // Metadata that a sink does not write.

  friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

// What a connector is told of a table, in plans too. Computed columns and the
// watermark are not here: the planner turns them into expressions.
struct TableDescriptor {
  std::string name;  // As written: for messages, metrics and state uids.
  std::vector<TableColumn> columns;
  std::vector<std::string> primary_key;
  std::vector<std::string> partition_keys;
  TableOptions options;

  friend bool operator==(const TableDescriptor&,
                         const TableDescriptor&) = default;
};

// What changes a table's rows undergo, on an edge, from a source, into a sink.
enum class ChangelogMode : uint8_t {
  kAppend = 0,   // +I only
  kUpsert = 1,   // +I, +U and -D by a key; no -U
  kRetract = 2,  // +I, -U, +U, -D
};

}  // namespace millrace
