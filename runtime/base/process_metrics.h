#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/memory_budget.h"
#include "runtime/base/metrics.h"

namespace millrace {

// What this process has used of its machine, as the system counts it. Numbers
// that the system does not tell are 0.
struct ProcessUsage {
  int64_t cpu_nanos = 0;  // Of all threads, since the process began.
  int64_t resident_bytes = 0;
  int64_t threads = 0;

  static ProcessUsage Read();
};

// The same under the names that Flink gives the numbers of a Java process, for
// dashboards and autoscalers: the heap is all memory that is resident, and what
// there is none of (other areas of memory, garbage collection, classes) is 0.
// Read when asked; costs nothing before.
//
// `prefix` is "flink_jobmanager" or "flink_taskmanager". `memory` is the budget
// of a TaskManager: the heap's limit and managed memory; null: the heap's limit
// is the machine's memory. Both pointers outlive the group, which lives as long
// as the caller keeps it. The group has room for more of the process's numbers.
std::shared_ptr<MetricGroup> AddProcessMetrics(MetricRegistry& registry,
                                               std::string prefix,
                                               MetricLabels labels,
                                               const Clock* clock,
                                               const MemoryBudget* memory);

}  // namespace millrace
