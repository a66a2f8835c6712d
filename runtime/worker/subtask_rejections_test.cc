#include "runtime/worker/subtask_rejections.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::subtask_rejections_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A table's sink that takes everything.
class AnySink final : public Operator {
 public:
  absl::StatusOr<Progress> Process(int, const Batch&, Output&) override {
    return Progress::kDone;
  }
};

TableDescriptor Letters(const std::string& name) {
  return {.name = name,
          .columns = {{.name = "code", .type = LogicalType::String()}},
          .options = {{"connector", "print"}}};
}

Vertex SinkOf(const std::string& uid, SinkSpec spec = {}) {
  Vertex vertex;
  vertex.uid = uid;
  spec.table.name = "o";
  vertex.spec = std::move(spec);
  return vertex;
}

// What subtasks of a job set aside, and where.
class SubtaskRejectionsTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory_); }

  // Of one chain. `sinks_` is told the tables that it writes.
  std::unique_ptr<SubtaskRejections> Chain(bool has_filesystem = true) {
    const auto make_sink = [this](const TableDescriptor& table,
                                  SubtaskRejections&) {
      sinks_.push_back(table.name);
      return SubtaskRejections::MadeSink{std::make_unique<AnySink>(), group_};
    };
    return std::make_unique<SubtaskRejections>(
        SubtaskRejections::Options{.plan = &plan_,
                                   .job_id = "job",
                                   .attempt = 1,
                                   .directory = directory_,
                                   .has_filesystem = has_filesystem,
                                   .make_sink = make_sink});
  }
  OperatorContext Context() {
    return {.name = "Sink(o)[0]", .clock = &clock_, .metrics = group_.get()};
  }
  static void Refuse(OutputRefusals& refusals) {
    std::vector<CommittingWriter::Refused> refused;
    refused.push_back({.raw = "{}",
                       .where = "topic o",
                       .error = absl::InvalidArgumentError("SNK-0303: x")});
    const absl::Status kept = refusals.OnRows(1, std::move(refused));
    EXPECT_TRUE(kept.ok()) << kept;
  }
  std::set<std::string> FilesIn(const std::string& table) {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_ + "/" + table)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  JobPlan plan_;
  const std::string directory_ = testing::TempDir() + "/subtask_rejections";
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  MetricRegistry registry_;
  std::shared_ptr<MetricGroup> group_ = registry_.AddGroup("", {});
  std::vector<std::string> sinks_;
};

// Two chains have a subtask of each index.
TEST_F(SubtaskRejectionsTest, LettersThatTheirTableRefusesAreAFileAChain) {
  const auto a = Chain();
  const auto b = Chain();
  Refuse(*a->OfLetters(SinkOf("a/rejected/o"), Context()));
  Refuse(*b->OfLetters(SinkOf("b/rejected/o"), Context()));
  EXPECT_THAT(FilesIn("o"), SizeIs(2));
  EXPECT_THAT(sinks_, IsEmpty()) << "there is no further table";
}

TEST_F(SubtaskRejectionsTest, SoAreLinesWhereThereAreNoFilesOfCheckpoints) {
  const auto a = Chain(/*has_filesystem=*/false);
  const auto b = Chain(/*has_filesystem=*/false);
  Refuse(**a->OfOutput(SinkOf("a"), Context()));
  Refuse(**b->OfOutput(SinkOf("b"), Context()));
  EXPECT_THAT(FilesIn("o"), SizeIs(2));
}

TEST_F(SubtaskRejectionsTest, WhatASinkRefusesGoesWhereItsPlanSays) {
  struct Case {
    std::optional<TableDescriptor> of_sink;
    std::optional<TableDescriptor> of_job;
    const char* table;
  };
  for (const Case& c :
       {Case{Letters("bad"), std::nullopt, "bad"},
        Case{Letters("bad"), Letters("other"), "bad"},
        Case{std::nullopt, Letters("other"), "other"},
        Case{std::nullopt, std::nullopt, "dead-letters-o"}}) {
    sinks_.clear();
    plan_.rejected_into = c.of_job;
    const auto chain = Chain();
    const auto refusals =
        chain->OfOutput(SinkOf("o", {.rejected_into = c.of_sink}), Context());
    ASSERT_TRUE(refusals.ok()) << refusals.status();
    EXPECT_THAT(sinks_, ElementsAre(c.table));
  }
}

}  // namespace
}  // namespace millrace::subtask_rejections_test
