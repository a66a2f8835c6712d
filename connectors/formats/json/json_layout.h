#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/formats/json/json_options.h"
#include "connectors/formats/json/json_projection.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {

// How one producer writes its records, learned from one of them: the bytes
// between the values, which are the same in every record, and what each value
// becomes.
//
//   {"type":2,"bid":{"price":17,"url":"http://x"}}
//   ^^^^^^^^ ^^^^^^^^^^^^^^^^^^ ^^^^^^^         ^^    literals
//           2                17        "http://x"     values
//
// Every byte of a record is either compared with a literal or read as a value,
// so a record that matches is as valid as the one it was learned from.
struct JsonLayout {
  enum class Kind : uint8_t {
    kNone,       // A piece of literal without a value.
    kInteger,    // TINYINT to BIGINT.
    kString,     // CHAR, VARCHAR.
    kTimestamp,  // TIMESTAMP(3) in the standard SQL.
    kScalar,     // Any other wanted scalar.
    kSkip        // A value that nobody wants, of any kind.
  };

  struct Step {
    // At most 32 bytes of `literals`, then the value.
    uint32_t literal = 0;
    uint32_t literal_size = 0;
    uint32_t literal_mask = 0;  // A bit for each of its bytes.
    Kind kind = Kind::kNone;
    ColumnBuilder* column = nullptr;
    PhysicalType physical = PhysicalType::kNull;  // The column's.
    std::optional<JsonFilter> filter;
    DateTextCache date;  // kTimestamp.
  };

  std::string literals;  // 32 bytes longer than what the steps use.
  std::vector<Step> steps;
  // Columns without a value in such records, and ROWs that are there.
  std::vector<ColumnBuilder*> nulls;
  std::vector<ColumnBuilder*> present;
  uint64_t hits = 0;

  // Whether both match the same records.
  bool SameAs(const JsonLayout& other) const;
};

// The layout of `record`, which the general way has accepted as one row.
// Nullopt where it cannot be had: a wanted array or map, a key written with
// escapes or twice, text behind the object.
//
// `pass_objects`: an object that nobody wants is one value, whatever is in it:
// slower than comparing its keys, for producers whose objects differ.
std::optional<JsonLayout> LearnJsonLayout(absl::string_view record,
                                          const JsonOptions& options,
                                          JsonProjection& projection,
                                          bool pass_objects = false);

}  // namespace millrace
