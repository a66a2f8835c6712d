#include "runtime/base/process_metrics.h"

#include <map>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::map<std::string, double> ValuesOf(const MetricRegistry& registry) {
  std::map<std::string, double> values;
  for (const auto& sample : registry.Read()) values[sample.name] = sample.value;
  return values;
}

TEST(ProcessUsageTest, IsThatOfThisProcess) {
  const ProcessUsage usage = ProcessUsage::Read();
  EXPECT_GT(usage.cpu_nanos, 0);
  EXPECT_GT(usage.resident_bytes, 1 << 20);
  EXPECT_GE(usage.threads, 1);
  EXPECT_LT(usage.threads, 1000);
}

TEST(ProcessMetricsTest, ATaskManagersHeapIsItsBudget) {
  const ManualClock clock(absl::UnixEpoch());
  MetricRegistry registry;
  MemoryBudget memory(1 << 30);
  ASSERT_TRUE(memory.Take(4096, "test").ok());
  const auto group = AddProcessMetrics(registry, "flink_taskmanager",
                                       {{"tm_id", "a"}}, &clock, &memory);
  auto values = ValuesOf(registry);
  EXPECT_EQ(values["flink_taskmanager_Status_JVM_Memory_Heap_Max"], 1 << 30);
  EXPECT_GT(values["flink_taskmanager_Status_JVM_Memory_Heap_Used"], 1 << 20);
  EXPECT_EQ(values["flink_taskmanager_Status_Flink_Memory_Managed_Used"], 4096);
  EXPECT_EQ(values["flink_taskmanager_Status_Flink_Memory_Managed_Total"],
            1 << 30);
  EXPECT_EQ(values.count("flink_taskmanager_Status_JVM_GarbageCollector_All_"
                         "TimeMsPerSecond"),
            1);
}

TEST(ProcessMetricsTest, AJobManagerHasNoManagedMemory) {
  const ManualClock clock(absl::UnixEpoch());
  MetricRegistry registry;
  const auto group = AddProcessMetrics(registry, "flink_jobmanager", {}, &clock,
                                       nullptr);
  auto values = ValuesOf(registry);
  EXPECT_GT(values["flink_jobmanager_Status_JVM_Memory_Heap_Max"],
            values["flink_jobmanager_Status_JVM_Memory_Heap_Used"]);
  EXPECT_EQ(values.count("flink_jobmanager_Status_Flink_Memory_Managed_Total"),
            0);
}

}  // namespace
}  // namespace millrace
