#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/vector.h"
#include "runtime/connector/table.h"

typedef struct rd_kafka_message_s rd_kafka_message_t;

namespace millrace::kafka {

// The metadata columns that a kafka table may declare, with their types.
const std::vector<TableColumn>& MetadataColumns();

// The column of metadata `key`: for row i, of messages[rows[i]].
// REQUIRES: `key` is one of MetadataColumns().
VectorRef MakeMetadata(absl::string_view key,
                       const std::vector<rd_kafka_message_t*>& messages,
                       const std::vector<uint32_t>& rows);

}  // namespace millrace::kafka
