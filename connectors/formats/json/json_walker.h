#pragma once

#include <memory>

#include "absl/status/status.h"
#include "connectors/formats/json/json_options.h"
#include "connectors/formats/json/json_projection.h"
#include "runtime/connector/format.h"

namespace millrace {

// Reads any JSON record into the columns of a projection: the general way,
// which decides what is accepted. (simdjson On-Demand; Keiser and Lemire,
// 2023.)
//
// Every value is looked at, wanted or not, so that a malformed record is never
// accepted; what follows the record's first value is not, as in Flink. Not
// thread-safe.
class JsonWalker {
 public:
  // `projection` outlives the walker.
  JsonWalker(const JsonOptions& options, JsonProjection& projection);
  ~JsonWalker();

  struct Rows {
    uint32_t first = 0;  // The row to set first,
    uint32_t limit = 1;  // and the row behind the last that may be set.
  };
  struct Outcome {
    uint32_t rows = 0;     // Rows that were set.
    bool finished = true;  // False: the array goes on behind `limit`.
    // Not OK: the record is bad; rows set before the fault stand. SRC-0101
    // malformed, SRC-0102 not UTF-8, SRC-0103 a value does not fit its
    // column, SRC-0104 a field is missing.
    absl::Status error;
    // That is SRC-0105: an array of more than kMostJsonElements. No format
    // option passes over it.
    bool too_many = false;
  };
  // An object sets one row, an array one for each of its objects, an empty
  // record none, and none where the projection's filter is not TRUE.
  // REQUIRES: 64 readable bytes behind the record.
  Outcome Walk(const RawRecord& record, Rows rows);

 private:
  std::unique_ptr<class JsonWalk> walk_;
};

}  // namespace millrace
