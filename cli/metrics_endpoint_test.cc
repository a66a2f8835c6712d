#include "cli/metrics_endpoint.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "httplib.h"
#include "runtime/base/latency_histogram.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST(MetricsEndpointTest, ServesEverySampleAsAGauge) {
  MetricRegistry registry;
  const auto group = registry.AddGroup("flink_taskmanager_job_task",
                                       {{"task_name", "Source: bids"}});
  group->AddCounter("numRecordsIn", "Records read.")->Add(42);
  const auto endpoint = MetricsEndpoint::Open("0", registry);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();

  httplib::Client client("127.0.0.1", (*endpoint)->port());
  const auto page = client.Get("/metrics");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->body,
              HasSubstr("# TYPE flink_taskmanager_job_task_numRecordsIn "
                        "gauge"));
  EXPECT_THAT(page->body, HasSubstr("numRecordsIn{task_name=\"Source: bids\"} "
                                    "42"));
}

TEST(MetricsEndpointTest, ServesAHistogramInTheFormThatItHas) {
  MetricRegistry registry;
  const auto group = registry.AddGroup("sink", {{"job_name", "j"}});
  const auto histogram = std::make_shared<LatencyHistogram>();
  histogram->Record(3'000);
  AddBuckets(*group, "latency_seconds", "Help.", histogram);
  AddQuantiles(*group, "latency", "Help.", histogram);
  group->AddGauge("row_count", "No histogram's.")->Set(7);
  const auto endpoint = MetricsEndpoint::Open("0", registry);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();

  httplib::Client client("127.0.0.1", (*endpoint)->port());
  const std::string page = client.Get("/metrics")->body;
  for (const char* line :
       {"# TYPE sink_latency_seconds histogram",
        "sink_latency_seconds_bucket{job_name=\"j\",le=\"0.002\"} 0",
        "sink_latency_seconds_bucket{job_name=\"j\",le=\"+Inf\"} 1",
        "sink_latency_seconds_count{job_name=\"j\"} 1",
        "# TYPE sink_latency summary",
        "sink_latency{job_name=\"j\",quantile=\"0.5\"} 5",
        "# TYPE sink_row_count gauge", "sink_row_count{job_name=\"j\"} 7"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(MetricsEndpointTest, AnswersProbes) {
  MetricRegistry registry;
  bool ready = false;
  const auto endpoint = MetricsEndpoint::Open(
      "0", registry, {.is_ready = [&ready] { return ready; }});
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  httplib::Client client("127.0.0.1", (*endpoint)->port());
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  EXPECT_EQ(client.Get("/readyz")->status, 503);
  ready = true;
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  EXPECT_EQ(client.Get("/nothing")->status, 404);
}

TEST(MetricsEndpointTest, TakesTheNextPortOfARange) {
  MetricRegistry registry;
  const auto first = MetricsEndpoint::Open("0", registry);
  ASSERT_TRUE(first.ok());
  const int taken = (*first)->port();
  const auto refused = MetricsEndpoint::Open(absl::StrCat(taken), registry);
  EXPECT_THAT(refused.status().message(), HasSubstr("CFG-0016"));
  if (taken > 65000) return;
  EXPECT_TRUE(MetricsEndpoint::Open(absl::StrCat(taken, "-", taken + 50),
                                    registry).ok());
}

TEST(MetricsEndpointTest, RefusesTextThatIsNoPort) {
  MetricRegistry registry;
  for (const char* text : {"", "x", "9-1", "1-2-3", "70000"}) {
    EXPECT_FALSE(MetricsEndpoint::Open(text, registry).ok()) << text;
  }
}

}  // namespace
}  // namespace millrace
