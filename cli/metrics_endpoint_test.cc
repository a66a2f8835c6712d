#include "cli/metrics_endpoint.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "httplib.h"

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
              HasSubstr("# TYPE flink_taskmanager_job_task_numRecordsIn gauge"));
  EXPECT_THAT(page->body, HasSubstr("numRecordsIn{task_name=\"Source: bids\"} "
                                    "42"));
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
