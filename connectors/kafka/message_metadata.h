#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "connectors/kafka/fetched_record.h"
#include "runtime/batch/vector.h"
#include "runtime/connector/table.h"

namespace millrace::kafka {

// The metadata columns that a kafka table may declare, with their types.
const std::vector<TableColumn>& MetadataColumns();

// Whether the metadata columns that `table` declares exist and can have their
// types: SQL-0315. Those that it writes: SQL-0316.
absl::Status CheckMetadata(const TableDescriptor& table);
absl::Status CheckWrittenMetadata(const TableDescriptor& table);

// Between an instant and what clocks in `zone` show, both in ms.
int64_t ToLocalMillis(int64_t utc_ms, absl::TimeZone zone);
int64_t ToUtcMillis(int64_t local_ms, absl::TimeZone zone);

// The column of metadata `key`, declared as `type`: for row i, of
// records[rows[i]]. REQUIRES: CheckMetadata was passed.
VectorRef MakeMetadata(absl::string_view key, const LogicalType& type,
                       absl::TimeZone zone,
                       const std::vector<FetchedRecord>& records,
                       const std::vector<uint32_t>& rows);

}  // namespace millrace::kafka
