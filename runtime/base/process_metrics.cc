#include "runtime/base/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/base/core_count.h"
#include "runtime/base/rate.h"

namespace millrace {
namespace {

constexpr char kNone[] = "0: this is no Java process.";

int64_t NanosOf(const timeval& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_usec * 1'000;
}

int64_t MachineBytes() {
  return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

void AddCpu(MetricGroup& group, const Clock* clock) {
  group.AddReading("Status_JVM_CPU_Time",
                   "Nanoseconds of CPU that the process has used.", [] {
                     return static_cast<double>(ProcessUsage::Read().cpu_nanos);
                   });
  auto rate = std::make_shared<Rate>(clock);
  group.AddReading(
      "Status_JVM_CPU_Load", "The share of the machine's cores in use.",
      [rate] {
        const double nanos = rate->PerSecond(ProcessUsage::Read().cpu_nanos);
        return std::min(1.0, nanos / 1e9 / CoreCount());
      });
}

void AddMemory(MetricGroup& group, const MemoryBudget* memory) {
  const auto resident = [] {
    return static_cast<double>(ProcessUsage::Read().resident_bytes);
  };
  const auto limit = static_cast<double>(
      memory == nullptr ? MachineBytes() : memory->limit_bytes());
  group.AddReading("Status_JVM_Memory_Heap_Used", "Resident bytes.", resident);
  group.AddReading("Status_JVM_Memory_Heap_Committed", "Resident bytes.",
                   resident);
  group.AddReading("Status_JVM_Memory_Heap_Max",
                   "Bytes that the process may use.",
                   [limit] { return limit; });
  for (const char* area : {"NonHeap", "Metaspace"}) {
    for (const char* kind : {"Used", "Committed", "Max"}) {
      group.AddGauge(absl::StrCat("Status_JVM_Memory_", area, "_", kind),
                     kNone);
    }
  }
  for (const char* area : {"Direct", "Mapped"}) {
    for (const char* kind : {"Count", "MemoryUsed", "TotalCapacity"}) {
      group.AddGauge(absl::StrCat("Status_JVM_Memory_", area, "_", kind),
                     kNone);
    }
  }
  if (memory == nullptr) return;
  group.AddReading(
      "Status_Flink_Memory_Managed_Used",
      "Bytes taken from the budget by state, queues and caches.", [memory] {
        return static_cast<double>(memory->used_bytes());
      });
  group.AddReading("Status_Flink_Memory_Managed_Total",
                   "Bytes of the budget.", [limit] { return limit; });
}

// The third number of /proc/self/stat behind the name counts from the state;
// the name may hold anything, a parenthesis too.
int64_t ThreadCount() {
  constexpr int kThreadsAt = 17;
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  absl::string_view rest = line;
  rest.remove_prefix(std::min(rest.size(), rest.rfind(')') + 2));
  for (int i = 0; i < kThreadsAt; ++i) {
    rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  }
  int64_t threads = 0;
  return absl::SimpleAtoi(rest.substr(0, rest.find(' ')), &threads) ? threads
                                                                    : 0;
}

}  // namespace

ProcessUsage ProcessUsage::Read() {
  ProcessUsage usage;
  rusage used = {};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    usage.cpu_nanos = NanosOf(used.ru_utime) + NanosOf(used.ru_stime);
  }
  int64_t all_pages = 0;
  int64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> all_pages >> resident_pages) {
    usage.resident_bytes = resident_pages * sysconf(_SC_PAGESIZE);
  }
  usage.threads = ThreadCount();
  return usage;
}

std::shared_ptr<MetricGroup> AddProcessMetrics(MetricRegistry& registry,
                                               std::string prefix,
                                               MetricLabels labels,
                                               const Clock* clock,
                                               const MemoryBudget* memory) {
  auto group = registry.AddGroup(std::move(prefix), std::move(labels));
  AddCpu(*group, clock);
  AddMemory(*group, memory);
  group->AddReading("Status_JVM_Threads_Count", "Threads.", [] {
    return static_cast<double>(ProcessUsage::Read().threads);
  });
  for (const char* kind : {"Count", "Time", "TimeMsPerSecond"}) {
    group->AddGauge(absl::StrCat("Status_JVM_GarbageCollector_All_", kind),
                    kNone);
  }
  for (const char* kind : {"ClassesLoaded", "ClassesUnloaded"}) {
    group->AddGauge(absl::StrCat("Status_JVM_ClassLoader_", kind), kNone);
  }
  return group;
}

}  // namespace millrace
