#include "embedded/savepoint_clerk.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "embedded/memory_tables_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using Stops = SavepointClerk::Stops;
using Wish = SavepointDesk::Wish;

// A job that copies numbers, does not end by itself, and has a directory.
class SavepointClerkTest : public ::testing::Test {
 protected:
  SavepointClerkTest() {
    std::filesystem::remove_all(root_);
    connectors_.Add("memory", std::make_unique<MemoryConnector>(&collected_));
    directory_ =
        *JobDirectory::Open({.root = root_, .identity = "job"}, &disk_);
    clerk_ = std::make_unique<SavepointClerk>(directory_.get(), &disk_,
                                              Stops::kServed);
  }
  ~SavepointClerkTest() override {
    job_.reset();
    std::filesystem::remove_all(root_);
  }

  void Start() {
    const TableDescriptor table =
        MemoryConnector::Table({{"rows", 10}, {"endless", 1}});
    const RowField field = {"n", MemoryConnector::Number()};
    SourceSpec source = {.table = table};
    source.request.columns = {{{0}, field.type}, {{1}, field.type}};
    source.columns = {Expr::Column(0, field.type), Expr::Column(1, field.type)};
    plan_.name = "copy";
    plan_.vertices.push_back({.id = VertexId(0), .uid = "numbers",
                              .name = "numbers", .spec = std::move(source),
                              .output = {field, field}});
    plan_.vertices.push_back({.id = VertexId(1), .uid = "sink", .name = "sink",
                              .spec = SinkSpec{.table = table},
                              .output = {field, field}});
    plan_.edges = {{VertexId(0), VertexId(1), 0, ExchangeKind::kForward, {}}};
    auto job = EmbeddedJob::Start(plan_, {.connectors = &connectors_,
                                          .functions = &functions_,
                                          .clock = &clock_,
                                          .metrics = &metrics_,
                                          .job_id = directory_->job_id(),
                                          .disk = &disk_,
                                          .directory = directory_.get()});
    ASSERT_TRUE(job.ok()) << job.status();
    job_ = *std::move(job);
  }

  bool SomebodyAsks() {
    const auto entries = disk_.List(directory_->path() + "/requests");
    return std::any_of(entries->begin(), entries->end(),
                       [](const Disk::Entry& entry) {
                         return entry.name.ends_with(".request");
                       });
  }

  // What another process that has `wish` is told; meanwhile `serve` is called
  // again and again.
  template <typename Serve>
  absl::StatusOr<std::string> Ask(Wish wish, const Serve& serve) {
    absl::StatusOr<std::string> answer;
    bool told = false;
    Mailbox<bool> news([] {});
    std::thread asker([&] {
      answer = SavepointDesk::Ask(directory_->path(), wish, target_,
                                  absl::Seconds(60), &disk_);
      news.Post(true);
    });
    while (!told) {
      serve();
      told = !news.TakeAll().empty();
    }
    asker.join();
    return answer;
  }

  PosixDisk disk_;
  SystemClock clock_;
  MetricRegistry metrics_;
  FunctionRegistry functions_;
  ConnectorRegistry connectors_;
  CollectedRows collected_;
  const std::string root_ = absl::StrCat(
      testing::TempDir(), "/savepoint_clerk_test-", getpid());
  std::string target_ = root_ + "/backup";
  std::unique_ptr<JobDirectory> directory_;
  JobPlan plan_;
  std::unique_ptr<SavepointClerk> clerk_;
  std::unique_ptr<EmbeddedJob> job_;
};

TEST_F(SavepointClerkTest, WritesASavepointOfAJobThatRuns) {
  Start();
  const auto path = Ask(Wish::kSavepoint, [&] { clerk_->Serve(*job_); });
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(std::filesystem::exists(*path + "/manifest"));
  EXPECT_FALSE(job_->WaitFor(absl::ZeroDuration()));
}

TEST_F(SavepointClerkTest, TellsOfAStopWhenTheJobHasEnded) {
  for (const Wish wish : {Wish::kStop, Wish::kDrain}) {
    plan_ = {};
    Start();
    bool closed = false;
    const auto path = Ask(wish, [&] {
      if (closed) return;
      clerk_->Serve(*job_);
      if (!job_->WaitFor(absl::ZeroDuration())) return;
      EXPECT_TRUE(job_->Wait().ok());
      clerk_->Close(absl::OkStatus());
      closed = true;
    });
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_TRUE(closed);
    EXPECT_EQ(directory_->ReadSavepoint(*path, RestoreMode::kFork)
                  ->operators.size(),
              2);
    EXPECT_EQ(*directory_->Latest(), std::nullopt) << "it has finished";
    job_.reset();
    // Each asker has its own number; a second one of this process would not.
    clerk_ = std::make_unique<SavepointClerk>(directory_.get(), &disk_,
                                              Stops::kServed);
  }
}

TEST_F(SavepointClerkTest, RefusesToStopWhatIsToComeToItsEnd) {
  Start();
  for (const Wish wish : {Wish::kStop, Wish::kDrain}) {
    clerk_ = std::make_unique<SavepointClerk>(directory_.get(), &disk_,
                                              Stops::kRefused);
    const auto path = Ask(wish, [&] { clerk_->Serve(*job_); });
    EXPECT_THAT(std::string(path.status().message()), HasSubstr("JOB-0038"));
    EXPECT_FALSE(job_->WaitFor(absl::ZeroDuration())) << "it goes on";
  }
}

TEST_F(SavepointClerkTest, AStopWhoseSavepointCannotBeWrittenKeepsCheckpoints) {
  ASSERT_TRUE(WriteDurably(disk_, target_, "a file").ok());
  Start();
  const auto path = Ask(Wish::kStop, [&] { clerk_->Serve(*job_); });
  EXPECT_THAT(std::string(path.status().message()),
              HasSubstr("goes on from checkpoint 1: JOB-0040"));
  EXPECT_TRUE(job_->Wait().ok());
  EXPECT_EQ((*directory_->Latest())->checkpoint, CheckpointId(1));
}

TEST_F(SavepointClerkTest, TellsWhoIsLeftThatTheJobHasEnded) {
  Start();
  job_->Cancel();
  const absl::Status outcome = job_->Wait();
  for (const bool passes_on : {false, true}) {
    bool closed = false;
    const auto path = Ask(Wish::kSavepoint, [&] {
      if (closed || !SomebodyAsks()) return;
      if (passes_on) {
        clerk_->Serve(*job_);
        job_.reset();
      }
      clerk_->Close(outcome);
      closed = true;
    });
    EXPECT_THAT(std::string(path.status().message()), HasSubstr("has ended"));
    clerk_ = std::make_unique<SavepointClerk>(directory_.get(), &disk_,
                                              Stops::kServed);
  }
}

}  // namespace
}  // namespace millrace
