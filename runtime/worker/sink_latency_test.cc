#include "runtime/worker/sink_latency.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// Two sources, of which the second goes through a calc to sink 3, and the first
// to sink 4 only.
JobPlan TwoPipelines() {
  JobPlan plan;
  plan.name = "job";
  for (const char* uid : {"a", "b", "calc", "x", "y"}) {
    Vertex vertex;
    vertex.id = VertexId(static_cast<int32_t>(plan.vertices.size()));
    vertex.uid = uid;
    vertex.name = absl::StrCat("the ", uid);
    plan.vertices.push_back(vertex);
  }
  for (const int source : {0, 1}) plan.vertices[source].spec = SourceSpec{};
  plan.vertices[2].spec = CalcSpec{};
  for (const int sink : {3, 4}) plan.vertices[sink].spec = SinkSpec{};
  plan.edges = {{VertexId(1), VertexId(2)},
                {VertexId(2), VertexId(3)},
                {VertexId(0), VertexId(4)}};
  return plan;
}

class SinkLatencyTest : public ::testing::Test {
 protected:
  SinkLatencyTest() {
    environment_.metrics = &registry_;
    environment_.metric_labels = {{"host", "h"}, {"tm_id", "t"}};
    environment_.job_id = "0123";
  }

  // Of a name that comes more than once, the last.
  std::map<std::string, MetricGroup::Sample> Samples() {
    std::map<std::string, MetricGroup::Sample> samples;
    for (auto& sample : registry_.Read()) samples[sample.name] = sample;
    return samples;
  }
  double Value(const std::string& name) { return Samples()[name].value; }

  ManualClock clock_{absl::FromUnixSeconds(1'000)};
  MetricRegistry registry_;
  SubtaskEnvironment environment_;
  const JobPlan plan_ = TwoPipelines();
  const MetricScopes scopes_{plan_, environment_};
};

constexpr char kCount[] = "millrace_sink_latency_seconds_count";
constexpr char kSum[] = "millrace_sink_latency_seconds_sum";
constexpr char kFlinks[] =
    "flink_taskmanager_job_latency_source_id_operator_id_"
    "operator_subtask_index_latency";

TEST_F(SinkLatencyTest, MeasuresTheWayFromTheSourcesThatItReadsFrom) {
  SinkLatency latency(plan_, scopes_, plan_.vertices[3], 2, &clock_);
  const int64_t read_micros = absl::ToUnixMicros(clock_.Now());
  clock_.AdvanceBy(absl::Milliseconds(30));
  latency.Record({VertexId(1), read_micros});
  latency.Record({VertexId(0), read_micros});
  EXPECT_EQ(Value(kCount), 1);
  EXPECT_DOUBLE_EQ(Value(kSum), 0.03);
  EXPECT_DOUBLE_EQ(Value(kFlinks), 50);

  const MetricLabels all = Samples()[kCount].labels;
  std::map<std::string, std::string> labels(all.begin(), all.end());
  EXPECT_EQ(labels["source_name"], "the b");
  EXPECT_EQ(labels["operator_name"], "the x");
  EXPECT_EQ(labels["subtask_index"], "2");
  EXPECT_EQ(labels["tm_id"], "t");
  EXPECT_EQ(labels["job_id"], "0123");
  EXPECT_EQ(labels["job_name"], "job");
}

TEST_F(SinkLatencyTest, AClockThatIsBehindTheSourcesMakesItZero) {
  SinkLatency latency(plan_, scopes_, plan_.vertices[4], 0, &clock_);
  latency.Record({VertexId(0), absl::ToUnixMicros(clock_.Now()) + 500});
  EXPECT_EQ(Value(kCount), 1);
  EXPECT_EQ(Value(kSum), 0);
}

TEST_F(SinkLatencyTest, EndsWithItsSubtask) {
  { SinkLatency latency(plan_, scopes_, plan_.vertices[4], 0, &clock_); }
  EXPECT_TRUE(Samples().empty());
}

}  // namespace
}  // namespace millrace
