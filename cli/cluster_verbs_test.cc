#include "cli/cluster_verbs.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/cluster_run.h"
#include "cli/exit_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jobmanager/rest/fake_job_gateway_test.h"
#include "jobmanager/rest/rest_server.h"
#include "jobmanager/rest/sample_cluster_test.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kUnknownJob[] = "00000000000000000000000000000000";

// The verbs against a real server of REST, over a cluster to show.
class ClusterVerbsTest : public testing::Test {
 protected:
  ClusterVerbsTest() {
    gateway_.SetView(SampleCluster());
    auto server = RestServer::Open(
        &gateway_, &clock_,
        {.port = 0, .threads = 2, .settings = {.version = "0.1.0"}});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Url() const {
    return absl::StrCat("http://127.0.0.1:", server_->port());
  }
  ClusterClient Cluster() const { return *ConnectTo(Url()); }

  // Writes down what is said. Each pause lets `events` happen, one a time.
  ClusterTerminal Terminal() {
    return {.say = [this](absl::string_view line) {
              said_.emplace_back(line);
            },
            .pause =
                [this](absl::Duration) {
                  ASSERT_LT(paused_, events_.size());
                  events_[paused_++]();
                },
            .interrupted = [this] { return interrupted_; }};
  }

  void Show(JobView job) {
    ClusterView view = SampleCluster();
    view.jobs = {std::move(job)};
    gateway_.SetView(std::move(view));
  }
  // What the running job is when it has ended as `state`.
  static JobView Ended(JobState state) {
    JobView job = SampleRunningJob();
    job.state = state;
    job.ended_at = AtSecond(5);
    job.finish_lines = {"blackhole: 90 rows"};
    return job;
  }

  FakeJobGateway gateway_;
  ManualClock clock_{AtSecond(10)};
  std::unique_ptr<RestServer> server_;
  std::vector<std::string> said_;
  std::vector<std::function<void()>> events_;
  size_t paused_ = 0;
  bool interrupted_ = false;
};

TEST_F(ClusterVerbsTest, ListPrintsWhatScriptsLookFor) {
  JobView waiting = SampleRunningJob();
  waiting.job_id = kUnknownJob;
  waiting.state = JobState::kCreated;
  ClusterView view = SampleCluster();
  view.jobs.push_back(waiting);
  gateway_.SetView(view);
  ASSERT_TRUE(ListJobs(Cluster(), {.all = true}, absl::UTCTimeZone(),
                       Terminal()).ok());
  const char* const rule =
      "--------------------------------------------------------------";
  EXPECT_THAT(
      said_,
      ElementsAre(
          "------------------ Running/Restarting Jobs -------------------",
          absl::StrCat("14.11.2023 22:13:20 : ", kRunningJob,
                       " : count (RUNNING)"),
          rule,
          "------------------------- Scheduled Jobs -----------------------",
          absl::StrCat("14.11.2023 22:13:20 : ", kUnknownJob,
                       " : count (CREATED)"),
          rule,
          "---------------------- Terminated Jobs -----------------------",
          absl::StrCat("14.11.2023 22:13:20 : ", kFailedJob,
                       " : count (FAILED)"),
          rule));
}

TEST_F(ClusterVerbsTest, ListOfNothingSaysSo) {
  gateway_.SetView({.leads = true});
  ASSERT_TRUE(
      ListJobs(Cluster(), {}, absl::UTCTimeZone(), Terminal()).ok());
  EXPECT_THAT(said_, ElementsAre("No running jobs.", "No scheduled jobs."));
}

TEST_F(ClusterVerbsTest, CancelTakesAnIdItsBeginningOrAName) {
  for (const char* job : {kRunningJob, "aaaa", "count"}) {
    said_.clear();
    ASSERT_TRUE(CancelJob(Cluster(), job, Terminal()).ok()) << job;
    EXPECT_THAT(said_,
                ElementsAre(absl::StrCat("Cancelling job ", kRunningJob, "."),
                            absl::StrCat("Cancelled job ", kRunningJob,
                                         ".")));
  }
  EXPECT_EQ(gateway_.Asked().size(), 3u);
}

TEST_F(ClusterVerbsTest, AnUnknownJobIsToldWhichThereAre) {
  const absl::Status status = CancelJob(Cluster(), kUnknownJob, Terminal());
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), HasSubstr("CLI-0025: there is no job"));
  EXPECT_THAT(status.message(),
              HasSubstr(absl::StrCat("Running are: ", kRunningJob,
                                     " (count)")));
  EXPECT_THAT(gateway_.Asked(), IsEmpty());
}

TEST_F(ClusterVerbsTest, WhatTheClusterRefusesIsSaidAsItSaidIt) {
  gateway_.SetAnswers(
      {.cancel = absl::FailedPreconditionError("JOB-0070: it has ended")});
  const absl::Status status = CancelJob(Cluster(), kRunningJob, Terminal());
  EXPECT_EQ(status, absl::FailedPreconditionError("JOB-0070: it has ended"));
}

TEST_F(ClusterVerbsTest, SavepointAndStopPrintThePath) {
  using Kind = ClusterClient::SavepointKind;
  struct Case {
    Kind kind;
    std::string first;
    std::string asked;
  };
  for (const Case& c : std::vector<Case>{
           {Kind::kGoOn,
            absl::StrCat("Triggering savepoint for job ", kRunningJob, "."),
            "to /sp then 0"},
           {Kind::kStop,
            absl::StrCat("Suspending job \"", kRunningJob,
                         "\" with a savepoint."),
            "to /sp then 2"},
           {Kind::kDrain,
            absl::StrCat("Draining job \"", kRunningJob,
                         "\" with a savepoint."),
            "to /sp then 3"}}) {
    said_.clear();
    ASSERT_TRUE(TakeSavepoint(Cluster(),
                              {.job = "count",
                               .directory = "/sp",
                               .kind = c.kind},
                              Terminal()).ok());
    EXPECT_THAT(said_, ElementsAre(c.first, "Savepoint completed. Path: "
                                            "/sp/savepoint-1"));
    EXPECT_THAT(gateway_.Asked().back(), HasSubstr(c.asked));
  }
}

TEST_F(ClusterVerbsTest, ASavepointThatFailsSaysWhy) {
  gateway_.SetAnswers({.savepoint = absl::InternalError("disk full")});
  const absl::Status status =
      TakeSavepoint(Cluster(), {.job = "count"}, Terminal());
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(status.message(), "disk full");
}

TEST_F(ClusterVerbsTest, AnInterruptEndsTheWaitingForASavepoint) {
  gateway_.HoldAnswers();
  events_ = {[&] { interrupted_ = true; }};
  const absl::Status status =
      TakeSavepoint(Cluster(), {.job = "count"}, Terminal());
  EXPECT_TRUE(absl::IsCancelled(status));
}

TEST_F(ClusterVerbsTest, AClusterThatIsAwayForAMomentIsWaitedFor) {
  gateway_.HoldAnswers();
  events_ = {[&] { gateway_.SetView({.leads = false}); },
             [&] {
               gateway_.SetView(SampleCluster());
               interrupted_ = true;
             }};
  const absl::Status status =
      TakeSavepoint(Cluster(), {.job = "count"}, Terminal());
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST_F(ClusterVerbsTest, AClusterThatIsAwayIsNoBadInput) {
  gateway_.SetAnswers({.cancel = absl::UnavailableError("JOB-0133: later")});
  EXPECT_EQ(CancelCommand("count", Url(), {}), kExitJobFailed);
  gateway_.SetView({.leads = false});
  EXPECT_EQ(CancelCommand("count", Url(), {}), kExitJobFailed);
  EXPECT_EQ(ClusterSavepointCommand({.job = "count"}, Url(), {}),
            kExitJobFailed);
  EXPECT_EQ(ListCommand({}, Url(), {}), kExitJobFailed);
  const std::string nobody = Url();
  server_.reset();
  EXPECT_EQ(CancelCommand("count", nobody, {}), kExitBadInput);
}

TEST_F(ClusterVerbsTest, APathThatIsNoTextIsRefused) {
  const absl::Status asked = TakeSavepoint(
      Cluster(), {.job = "count", .directory = "/sp\xff"}, Terminal());
  EXPECT_THAT(asked.message(), HasSubstr("CLI-0029"));
  const JobPlan plan = {.name = "p"};
  EXPECT_THAT(Cluster()
                  .Submit({.plan = &plan, .savepoint = "/sp\xff"})
                  .status()
                  .message(),
              HasSubstr("CLI-0029"));
  EXPECT_THAT(gateway_.Asked(), IsEmpty());
}

TEST_F(ClusterVerbsTest, APlanIsSubmittedWithItsSavepoint) {
  const JobPlan plan = {
      .name = "values",
      .vertices = {{.id = VertexId(0),
                    .uid = "values",
                    .name = "Values",
                    .spec = ValuesSpec{},
                    .output = {{"a", LogicalType::BigInt()}}},
                   {.id = VertexId(1),
                    .uid = "out",
                    .name = "Sink(out)",
                    .spec = SinkSpec{
                        .table = {.name = "out",
                                  .columns = {{.name = "a",
                                               .type = LogicalType::BigInt()}},
                                  .options = {{"connector", "blackhole"}}}}}},
      .edges = {{.from = VertexId(0), .to = VertexId(1)}}};
  const std::string own_id(32, 'a');
  const auto job_id = Cluster().Submit({.plan = &plan,
                                        .job_id = own_id,
                                        .savepoint = "/sp/\"1\"",
                                        .claim_savepoint = true,
                                        .allow_non_restored_state = true});
  ASSERT_TRUE(job_id.ok()) << job_id.status();
  EXPECT_EQ(*job_id, "11111111111111111111111111111111");
  const auto submission = gateway_.submission();
  EXPECT_EQ(submission->plan.name, "values");
  EXPECT_EQ(submission->job_id, own_id);
  EXPECT_EQ(submission->savepoint, "/sp/\"1\"");
  EXPECT_TRUE(submission->claim_savepoint);
  EXPECT_TRUE(submission->allow_non_restored_state);
}

TEST_F(ClusterVerbsTest, AnotherVersionIsRefused) {
  EXPECT_TRUE(Cluster().CheckVersion("0.1.0").ok());
  EXPECT_THAT(Cluster().CheckVersion("0.2.0").message(),
              HasSubstr("CLI-0023: the cluster is of version 0.1.0, this "
                        "program of 0.2.0"));
}

TEST_F(ClusterVerbsTest, AJobIsFollowedToItsEnd) {
  struct Case {
    JobState state;
    int exit;
  };
  for (const Case& c : {Case{JobState::kFinished, kExitDone},
                        Case{JobState::kFailed, kExitJobFailed},
                        Case{JobState::kCanceled, kExitCancelled}}) {
    Show(SampleRunningJob());
    said_.clear();
    paused_ = 0;
    events_ = {[] {}, [&] { Show(Ended(c.state)); }};
    EXPECT_EQ(FollowToTheEnd(Cluster(), {{kRunningJob, "count"}}, false,
                             Terminal()),
              c.exit);
    EXPECT_EQ(said_.front(), "blackhole: 90 rows");
    if (c.state == JobState::kFinished) {
      EXPECT_EQ(said_[1], absl::StrCat("Job with JobID ", kRunningJob,
                                       " has finished."));
      EXPECT_EQ(said_[2], "Job Runtime: 5000 ms");
    }
  }
}

TEST_F(ClusterVerbsTest, AnInterruptLeavesTheJobRunning) {
  Show(SampleRunningJob());
  events_ = {[&] { interrupted_ = true; }};
  EXPECT_EQ(FollowToTheEnd(Cluster(), {{kRunningJob, "count"}}, false,
                           Terminal()),
            kExitCancelled);
  EXPECT_THAT(gateway_.Asked(), IsEmpty());
}

TEST_F(ClusterVerbsTest, AnInterruptCancelsWhereThatWasAskedFor) {
  Show(SampleRunningJob());
  events_ = {[&] { interrupted_ = true; },
             [&] { Show(Ended(JobState::kCanceled)); }};
  EXPECT_EQ(FollowToTheEnd(Cluster(), {{kRunningJob, "count"}}, true,
                           Terminal()),
            kExitCancelled);
  EXPECT_THAT(gateway_.Asked(),
              ElementsAre(absl::StrCat("Cancel ", kRunningJob)));
}

// The first that cannot be cancelled keeps none of the others.
TEST_F(ClusterVerbsTest, AnInterruptCancelsAllJobs) {
  Show(SampleRunningJob());
  gateway_.SetAnswers({.cancel = absl::InternalError("not now")});
  events_ = {[&] { interrupted_ = true; }};
  EXPECT_EQ(FollowToTheEnd(Cluster(),
                           {{kRunningJob, "count"}, {kRunningJob, "again"}},
                           true, Terminal()),
            kExitCancelled);
  EXPECT_EQ(gateway_.Asked().size(), 2u);
}

TEST_F(ClusterVerbsTest, AJobManagerThatIsAwayIsWaitedFor) {
  Show(SampleRunningJob());
  events_ = {[&] { gateway_.SetView({.leads = false}); },
             [&] { Show(Ended(JobState::kFinished)); }};
  EXPECT_EQ(FollowToTheEnd(Cluster(), {{kRunningJob, "count"}}, false,
                           Terminal()),
            kExitDone);
}

TEST_F(ClusterVerbsTest, AJobThatIsGoneIsGivenUp) {
  gateway_.SetView({.leads = true});
  EXPECT_EQ(FollowToTheEnd(Cluster(), {{kRunningJob, "count"}}, false,
                           Terminal()),
            kExitJobFailed);
}

TEST_F(ClusterVerbsTest, TheTargetIsGivenOrConfigured) {
  EXPECT_EQ(**FindTarget("http://x", {}), "http://x");
  EXPECT_EQ(*FindTarget("", {}), std::nullopt);
  EXPECT_EQ(**FindTarget("", {.definitions = {"rest.address=h",
                                              "rest.port=9"}}),
            "http://h:9");
}

}  // namespace
}  // namespace millrace
