#pragma once

#include <string>

#include "runtime/plan/operator_spec.h"
#include "sql/logical/column.h"

namespace millrace::sql {

// Operators in words: for people and metrics, and (Meaning) for fingerprints,
// whose words therefore never change.

// "TUMBLE(size=[10 s])", with offset, time column and zone where they count.
std::string WindowName(const WindowShape& window);

std::string AggregateName(const GroupAggregateSpec& spec,
                          const Schema& input);
std::string WindowAggregateName(const WindowAggregateSpec& spec,
                                const Schema& input);

std::string Meaning(const GroupAggregateSpec& spec, const Schema& input);
std::string Meaning(const WindowAggregateSpec& spec, const Schema& input);

}  // namespace millrace::sql
