#pragma once

#include <cstdint>

#include "runtime/batch/batch.h"

namespace millrace {

// The columns window_start, window_end and window_time: milliseconds in a
// TIMESTAMP(3) or TIMESTAMP_LTZ(3).

// `value` in every one of `count` rows.
VectorRef FilledMillis(int64_t value, uint32_t count);

// millis[i] = row rows[i] of such a column; returns whether any is NULL.
bool ReadWindowMillis(const Vector& column, Selection rows, int64_t* millis);

}  // namespace millrace
