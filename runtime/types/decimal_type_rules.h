#pragma once

#include "runtime/types/decimal.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// The types of decimal results, as Flink derives them. Where more than 38
// digits would be needed the scale gives way first, down to min(scale, 6), so
// that integer digits survive. Integers take part as the DECIMAL of
// DecimalFormOf. Nullability is the caller's.

// DECIMAL itself; TINYINT is (3, 0), SMALLINT (5, 0), INT (10, 0), BIGINT
// (19, 0). REQUIRES: one of these types.
DecimalForm DecimalFormOf(const LogicalType& type);

DecimalForm AddForm(DecimalForm a, DecimalForm b);  // + and -
DecimalForm MultiplyForm(DecimalForm a, DecimalForm b);
DecimalForm DivideForm(DecimalForm a, DecimalForm b);
DecimalForm ModuloForm(DecimalForm a, DecimalForm b);
// What both fit: CASE, COALESCE, UNION, comparison.
DecimalForm CommonForm(DecimalForm a, DecimalForm b);

// Aggregates and functions over a DECIMAL.
DecimalForm SumForm(DecimalForm argument);
DecimalForm AverageForm(DecimalForm argument);
DecimalForm RoundForm(DecimalForm argument, int places);
DecimalForm FloorForm(DecimalForm argument);  // and CEIL

inline LogicalType DecimalOf(DecimalForm form) {
  return LogicalType::Decimal(form.precision, form.scale);
}

}  // namespace millrace
