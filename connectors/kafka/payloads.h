#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "connectors/kafka/fetched_record.h"
#include "runtime/batch/chunk.h"
#include "runtime/connector/format.h"

namespace millrace::kafka {

// Some records' values, or keys, side by side in one chunk.
struct Payloads {
  // Those of records [first, limit) that have such bytes.
  static Payloads Of(const std::vector<FetchedRecord>& records, size_t first,
                     size_t limit, absl::string_view FetchedRecord::*part);

  std::shared_ptr<Chunk> chunk;
  std::vector<RawRecord> bytes;
  std::vector<uint32_t> records;  // Of each, its record.
};

}  // namespace millrace::kafka
