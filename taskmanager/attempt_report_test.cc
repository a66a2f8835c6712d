#include "taskmanager/attempt_report.h"

#include <memory>

#include "gtest/gtest.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"

namespace millrace {
namespace {

TEST(AttemptReportTest, SaysHowManyRowsCameTooLate) {
  JobPlan plan;
  plan.vertices.push_back({.id = VertexId(0), .spec = WindowAggregateSpec{}});
  const ManualClock clock(absl::UnixEpoch());
  MetricRegistry registry;
  const auto operators = registry.AddGroup("flink_operator", {});
  operators->AddCounter("numLateRecordsDropped", "")->Add(3);
  const AttemptReport report(
      &plan,
      {{.vertices = {VertexId(0)},
        .time = std::make_shared<TaskletMetrics>(registry.AddGroup("task", {}),
                                                 &clock),
        .operators = {
            std::make_shared<OperatorMetrics>(operators, &clock)}}});
  EXPECT_EQ(report.Read().at(0).operators.at(0).late_rows, 3);
}

}  // namespace
}  // namespace millrace
