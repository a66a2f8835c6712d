#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "jobmanager/fake_deployer_test.h"
#include "jobmanager/job_master.h"
#include "runtime/base/failpoint.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {

inline constexpr char kMastersJob[] = "0123456789abcdef0123456789abcdef";
class JobMasterFixture : public ::testing::Test {
 protected:
  JobMasterFixture() {
    connectors_.Add("two", std::make_unique<TwoSplits>());
    TableDescriptor table = {.name = "t", .options = {{"connector", "two"}}};
    plan_.name = "job";
    plan_.vertices.push_back({.id = VertexId(0),
                              .uid = "t",
                              .spec = SourceSpec{.table = table}});
    plan_.vertices.push_back(
        {.id = VertexId(1), .uid = "sink", .spec = SinkSpec{}});
  }
  void TearDown() override { SetFailpointHandler(nullptr); }

  std::unique_ptr<JobMaster> Open(Deployer* deployer, bool with_store = true) {
    auto master = JobMaster::Open(
        plan_,
        {.connectors = &connectors_,
         .clock = &clock_,
         .background = &background_,
         .deployer = deployer,
         .job_id = kMastersJob,
         .store = with_store ? &store_ : nullptr,
         .checkpoints = {.directory = "/chk"},
         .failover = {.strategy = FailoverPolicy::Strategy::kFixedDelay,
                      .attempts = 9},
         .right = {.lived = lived_},
         .restore = restore_,
         .metrics = &metrics_,
         .on_state =
             [this](JobState state, const absl::Status& failure) {
               states_.push_back(std::string(ToString(state)));
               failure_ = failure;
             },
         .on_checkpoint =
             [this](const CheckpointStats& stats) { stats_ = stats; }});
    EXPECT_TRUE(master.ok()) << master.status();
    return *std::move(master);
  }
  void Start(bool with_store = true) {
    master_ = Open(&deployer_, with_store);
    Run();
  }
  // Until nothing happens any more without time passing.
  void Run() { Run(*master_); }
  void Run(JobMaster& master) {
    bool again = true;
    while (again) {
      again = master.RunOnce() <= clock_.SteadyNanos();
      again |= background_.RunAll();
    }
  }
  void RunFor(absl::Duration time) {
    clock_.AdvanceBy(time);
    Run();
  }
  // The next one, wholly; returns its id.
  CheckpointId Take(int64_t attempt = 1) {
    RunFor(absl::Seconds(10));
    deployer_.Acknowledge(deployer_.latest, attempt);
    Run();
    return deployer_.latest;
  }
  void FailAt(std::string name) {
    SetFailpointHandler([name](absl::string_view reached) {
      return reached == name ? absl::UnavailableError("lost")
                             : absl::OkStatus();
    });
  }
  std::optional<CheckpointId> Latest() {
    const auto record = store_.Find(kMastersJob);
    if (!record.ok() || !*record || (*record)->retained.empty()) return {};
    return (*record)->retained.back().checkpoint;
  }
  double Metric(absl::string_view name) {
    for (const MetricGroup::Sample& sample : metrics_.Read()) {
      if (sample.name == absl::StrCat("flink_jobmanager_job_", name)) {
        return sample.value;
      }
    }
    return -99;
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  SimBucket bucket_{1};
  SimDisk disk_{1};
  SimObjectStore objects_{&bucket_, &disk_};
  SimHaStore records_{1};
  CheckpointStore store_{&objects_, &records_};
  ConnectorRegistry connectors_;
  MetricRegistry metrics_;
  JobPlan plan_;
  FakeDeployer deployer_;
  std::shared_ptr<const Manifest> restore_;
  int64_t lived_ = 0;
  CheckpointStats stats_;
  std::vector<std::string> states_;
  absl::Status failure_;
  std::unique_ptr<JobMaster> master_;
  Queue background_;
};

}  // namespace millrace
