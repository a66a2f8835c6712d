#pragma once

#include "runtime/batch/vector.h"
#include "runtime/types/datetime.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Values of a DATE, TIME or TIMESTAMP column of any precision as one form, a
// point of the calendar with ns: a DATE at midnight, a TIME on 1970-01-01.
class TemporalColumn {
 public:
  TemporalColumn(const Vector& vector, const LogicalType& type)
      : vector_(vector), root_(type.root()), precision_(type.precision()) {}

  TimeNanos operator[](uint32_t row) const {
    row &= vector_.index_mask();
    if (root_ == TypeRoot::kDate) {
      return {vector_.data<int32_t>()[row] * kMillisPerDay, 0};
    }
    if (root_ == TypeRoot::kTime) return {vector_.data<int32_t>()[row], 0};
    if (precision_ <= 3) return {vector_.data<int64_t>()[row], 0};
    if (precision_ <= 6) return NanosFromMicros(vector_.data<int64_t>()[row]);
    return vector_.data<TimeNanos>()[row];
  }

 private:
  const Vector& vector_;
  TypeRoot root_;
  int precision_;
};

// Writes such points into a column of a type, cut to what it holds.
class TemporalWriter {
 public:
  TemporalWriter(Vector& vector, const LogicalType& type)
      : vector_(vector), root_(type.root()), precision_(type.precision()) {}

  void Set(uint32_t row, TimeNanos value) {
    if (root_ == TypeRoot::kDate) {
      vector_.data<int32_t>()[row] = SplitMillis(value.millis).days;
    } else if (root_ == TypeRoot::kTime) {
      vector_.data<int32_t>()[row] = SplitMillis(value.millis).millis;
    } else if (precision_ <= 3) {
      vector_.data<int64_t>()[row] = TruncateMillis(value.millis, precision_);
    } else if (precision_ <= 6) {
      vector_.data<int64_t>()[row] =
          TruncateMicros(MicrosFromNanos(value), precision_);
    } else {
      vector_.data<TimeNanos>()[row] = TruncateNanos(value, precision_);
    }
  }

 private:
  Vector& vector_;
  TypeRoot root_;
  int precision_;
};

}  // namespace millrace
