#include "embedded/embedded_job.h"

#include <map>
#include <memory>
#include <utility>

#include "embedded/memory_tables_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// Counts rows by the key in column 1 and says (key, count) at the end.
class CountByKey final : public Operator {
 public:
  absl::StatusOr<Progress> Process(int, const Batch& batch, Output&) override {
    batch.selection().ForEach([&](uint32_t row) {
      ++counts_[batch.columns[1]->data<int64_t>()[row]];
    });
    return Progress::kDone;
  }

  absl::StatusOr<Progress> EndInput(Output& output) override {
    // A row at a time, so that full exchanges stop and resume it.
    while (!counts_.empty()) {
      if (!output.HasRoom()) return Progress::kOutputFull;
      Batch batch;
      batch.row_count = 1;
      for (const int64_t value :
           {counts_.begin()->first, counts_.begin()->second}) {
        auto column = std::make_shared<Vector>(PhysicalType::kInt64, 1);
        column->data<int64_t>()[0] = value;
        batch.columns.push_back(std::move(column));
      }
      counts_.erase(counts_.begin());
      const absl::Status emitted = output.Emit(std::move(batch));
      if (!emitted.ok()) return emitted;
    }
    return Progress::kDone;
  }

 private:
  std::map<int64_t, int64_t> counts_;
};

class EmbeddedJobTest : public ::testing::Test {
 protected:
  EmbeddedJobTest() {
    connectors_.Add("memory", std::make_unique<MemoryConnector>(&collected_));
  }

  // numbers -> count by key -> collected, with `exchange` in front of both.
  static JobPlan CountPlan(int parallelism, TableDescriptor table) {
    const std::vector<RowField> row = {{"n", MemoryConnector::Number()},
                                       {"k", MemoryConnector::Number()}};
    SourceSpec source = {.table = table};
    for (int i = 0; i < 2; ++i) {
      source.request.columns.push_back({{i}, row[i].type});
      source.columns.push_back(Expr::Column(i, row[i].type));
    }
    JobPlan plan = {.name = "count"};
    const auto add = [&](std::string name, OperatorSpec spec) {
      const VertexId id(static_cast<int>(plan.vertices.size()));
      plan.vertices.push_back({.id = id, .uid = name, .name = name,
                               .spec = std::move(spec),
                               .parallelism = parallelism, .output = row});
    };
    add("Source: numbers", std::move(source));
    add("Count", GroupAggregateSpec{.keys = {1}});
    add("Sink: collected", SinkSpec{.table = MemoryConnector::Table({})});
    plan.edges = {
        {VertexId(0), VertexId(1), 0, ExchangeKind::kHash, {1}},
        {VertexId(1), VertexId(2), 0, ExchangeKind::kRebalance, {}}};
    return plan;
  }

  std::unique_ptr<EmbeddedJob> Start(const JobPlan& plan) {
    auto job = EmbeddedJob::Start(
        plan, {.connectors = &connectors_,
               .functions = &functions_,
               .clock = &clock_,
               .metrics = &metrics_,
               .make_operator =
                   [](const Vertex&, const std::vector<std::vector<RowField>>&,
                      const FunctionContext&, const OperatorContext&)
                   -> absl::StatusOr<std::unique_ptr<Operator>> {
                 return std::make_unique<CountByKey>();
               },
               .slots = 0});
    EXPECT_TRUE(job.ok()) << job.status();
    return *std::move(job);
  }

  SystemClock clock_;
  MetricRegistry metrics_;
  FunctionRegistry functions_;
  ConnectorRegistry connectors_;
  CollectedRows collected_;
};

class EmbeddedJobAtParallelism : public EmbeddedJobTest,
                                 public ::testing::WithParamInterface<int> {};

TEST_P(EmbeddedJobAtParallelism, CountsEveryRowOfEveryKeyOnce) {
  const auto job = Start(CountPlan(
      GetParam(),
      MemoryConnector::Table({{"rows", 20000}, {"splits", 5}, {"keys", 500}})));
  ASSERT_TRUE(job->Wait().ok()) << job->Wait();

  const auto rows = collected_.rows();
  EXPECT_EQ(rows.size(), 500);
  for (const auto& [row, times] : rows) {
    EXPECT_EQ(row.second, 200) << "key " << row.first;
    EXPECT_EQ(times, 1) << "key " << row.first;
  }
  const JobStatus status = job->Status();
  EXPECT_EQ(status.state, JobState::kFinished);
  EXPECT_EQ(status.RowsIn(), 100000);
  EXPECT_EQ(status.RowsOut(), 500);
  EXPECT_EQ(status.WatermarkMs(), kMaxWatermark);
  EXPECT_EQ(job->FinishLines().size(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Parallelism, EmbeddedJobAtParallelism,
                         ::testing::Values(1, 2, 3));

TEST_F(EmbeddedJobTest, SaysWhatAWriterSaysAtItsEnd) {
  const auto job = Start(
      CountPlan(1, MemoryConnector::Table({{"rows", 10}, {"keys", 3}})));
  ASSERT_TRUE(job->Wait().ok());
  EXPECT_THAT(job->FinishLines(), UnorderedElementsAre("3 rows"));
}

TEST_F(EmbeddedJobTest, ShowsMetricsByFlinksNames) {
  const auto job = Start(
      CountPlan(1, MemoryConnector::Table({{"rows", 10}, {"keys", 3}})));
  ASSERT_TRUE(job->Wait().ok());
  std::map<std::string, double> values;
  for (const MetricGroup::Sample& sample : metrics_.Read()) {
    std::string op;
    for (const auto& [name, value] : sample.labels) {
      if (name == "operator_name") op = value;
    }
    values[op + "." + sample.name] = sample.value;
  }
  const std::string prefix = "flink_taskmanager_job_task_operator_";
  EXPECT_EQ(values["Source: numbers." + prefix + "numRecordsIn"], 10);
  EXPECT_EQ(values["Count." + prefix + "numRecordsIn"], 10);
  EXPECT_EQ(values["Count." + prefix + "numRecordsOut"], 3);
  EXPECT_EQ(values["Sink: collected." + prefix + "numRecordsIn"], 3);
  EXPECT_EQ(values[".flink_taskmanager_job_task_numRecordsIn"], 10);
  EXPECT_EQ(values.count(".flink_taskmanager_job_task_busyTimeMsPerSecond"), 1);
}

TEST_F(EmbeddedJobTest, FailsWithItsFirstFailure) {
  const auto job = Start(CountPlan(
      2, MemoryConnector::Table(
             {{"rows", 1000}, {"splits", 2}, {"fail-at", 1500}})));
  EXPECT_THAT(std::string(job->Wait().message()), HasSubstr("source broke"));
  EXPECT_EQ(job->Status().state, JobState::kFailed);
}

TEST_F(EmbeddedJobTest, IsCancelledWhileItWaitsForRows) {
  const auto job = Start(
      CountPlan(2, MemoryConnector::Table({{"rows", 10}, {"endless", 1}})));
  EXPECT_FALSE(job->WaitFor(absl::ZeroDuration()));
  job->Cancel();
  EXPECT_TRUE(absl::IsCancelled(job->Wait()));
  EXPECT_EQ(job->Status().state, JobState::kCanceled);
}

TEST_F(EmbeddedJobTest, AnUnknownConnectorIsRefusedAtTheStart) {
  TableDescriptor table = MemoryConnector::Table({});
  table.options["connector"] = "memroy";
  const auto job = EmbeddedJob::Start(
      CountPlan(1, table), {.connectors = &connectors_, .clock = &clock_});
  EXPECT_THAT(std::string(job.status().message()), HasSubstr("memroy"));
}

}  // namespace
}  // namespace millrace
