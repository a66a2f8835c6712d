#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/batch/vector.h"
#include "runtime/connector/options.h"

namespace millrace::datagen {

// What one column of a datagen table holds: options `fields.<name>.*`, read.
struct ColumnRule {
  enum class Kind { kRandom, kSequence };

  Kind kind = Kind::kRandom;
  LogicalType type;
  uint64_t seed = 0;  // The table's seed mixed with the column's place.
  // Inclusive; in the type's own units. Integers and sequences.
  int64_t min = 0;
  int64_t max = 0;
  // FLOAT, DOUBLE and DECIMAL.
  double real_min = 0;
  double real_max = 0;
  // Strings and bytes: exactly this long, or up to it with var_length.
  int64_t length = 100;
  bool var_length = false;
  // Timestamps lie at most this far before their row's time.
  int64_t max_past_ms = 0;
  double null_rate = 0;  // 0 to 1.

  // How many rows a sequence has; nullopt for random columns.
  std::optional<int64_t> RowLimit() const;
};

// Reads the rule of column `name`. Errors (SQL-03xx) name the option.
absl::StatusOr<ColumnRule> ReadColumnRule(const std::string& name,
                                          const LogicalType& type,
                                          const TableOptions& options,
                                          uint64_t seed);

// When each row is made, as far as it can tell: of its number alone, so that it
// has the same times whenever it is made again.
struct RowTimes {
  int64_t base_ms = 0;
  double ms_per_row = 0;

  int64_t Of(int64_t row) const {
    return base_ms + static_cast<int64_t>(static_cast<double>(row) *
                                          ms_per_row);
  }
};

// The values of rows [first, first + count).
VectorRef MakeColumn(const ColumnRule& rule, int64_t first, uint32_t count,
                     const RowTimes& times);

}  // namespace millrace::datagen
