#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/connector/table.h"

namespace millrace {

// What a table may keep of a record or row that is set aside
// ('error-handling.log.target'): its columns are some of these, by name, in
// any order. docs/bad-records.md lists them for people. Constant data.
enum class RejectedField {
  kTime,        // when it was set aside
  kJob,
  kAttempt,
  kOperator,    // "Source(bids)[1]"
  kCode,        // "SRC-0103"
  kMessage,
  kOrigin,      // of a record: "bids.json, byte 1234"; NULL for a row
  kSource,      // of a record: the file or topic, where there is one
  kPartition,   // of a Kafka record
  kPosition,    // of a record: its byte in the file, or its offset
  kExpression,  // of a row: what failed, "q = (a / b)"; NULL for a record
  kRaw,         // the record's bytes; the row as JSON; NULL for a tombstone
  kRawText,     // the same as text; NULL where it is no UTF-8
  kKey,         // of a Kafka record with one
  kBadPart,     // of a Kafka record what is bad: "key" or "value"
  kRecordTime,  // of a Kafka record, when it was written
  kHeaders,     // of a Kafka record
  kRawSize,     // the length of all of `raw`, of which it may be the beginning
  kRawHash,     // then the XXH3-64 of all of it in hex, else NULL
  kLine         // all of it, a line of JSON: of no table that people declare
};

struct RejectedColumn {
  absl::string_view name;
  LogicalType type;  // NOT NULL where there is always a value.
};

// In the order of RejectedField.
std::span<const RejectedColumn> RejectedColumns();

// What goes into each column of `table` that a sink writes. SQL-0211: a column
// of another name or type, or NOT NULL where there may be no value.
absl::StatusOr<std::vector<RejectedField>> RejectedFieldsOf(
    const TableDescriptor& table);

}  // namespace millrace
