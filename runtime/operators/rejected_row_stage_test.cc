#include "runtime/operators/rejected_row_stage.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/dead_letter_line.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr absl::Time kNow = absl::FromUnixMillis(1500);

// Notes what it is told; takes nothing while `full`.
class NotingSink final : public Operator {
 public:
  struct Notes {
    std::vector<std::string> told;
    bool full = false;
    bool broken = false;
  };
  NotingSink(Notes* notes, std::vector<LogicalType> types)
      : notes_(*notes), types_(std::move(types)) {}

  absl::StatusOr<Progress> Process(int, const Batch& batch,
                                   Output&) override {
    if (notes_.broken) return absl::UnavailableError("no space");
    if (notes_.full) return Progress::kOutputFull;
    batch.selection().ForEach([&](uint32_t row) {
      std::string text;
      for (size_t i = 0; i < types_.size(); ++i) {
        absl::StrAppend(
            &text, i == 0 ? "" : " | ",
            ValueText(ValueAt(*batch.columns[i], row), types_[i]));
      }
      notes_.told.push_back(std::move(text));
    });
    return Progress::kDone;
  }
  absl::StatusOr<Progress> Advance(int64_t watermark_ms, Output&) override {
    notes_.told.push_back(absl::StrCat("advance ", watermark_ms));
    return Progress::kDone;
  }
  absl::StatusOr<Progress> EndInput(Output&) override {
    notes_.told.push_back("end");
    return Progress::kDone;
  }
  absl::StatusOr<Progress> BeforeSnapshot(CheckpointId checkpoint,
                                          Output&) override {
    notes_.told.push_back(absl::StrCat("barrier ", checkpoint.value()));
    return Progress::kDone;
  }

 private:
  Notes& notes_;
  const std::vector<LogicalType> types_;
};

class ListedOutput final : public Output {
 public:
  bool HasRoom() const override { return room; }
  absl::Status Emit(Batch batch) override {
    rows += batch.selected_count();
    return absl::OkStatus();
  }
  bool room = true;
  uint32_t rows = 0;
};

class RejectedRowStageTest : public ::testing::Test {
 protected:
  void Open(const std::vector<std::string>& columns) {
    TableDescriptor table = {.name = "bad"};
    std::vector<LogicalType> types;
    for (const std::string& name : columns) {
      for (const RejectedColumn& known : RejectedColumns()) {
        if (known.name != name) continue;
        table.columns.push_back({.name = name, .type = known.type});
        types.push_back(known.type);
      }
    }
    auto stage = RejectedRowStage::Open(
        table, std::make_unique<NotingSink>(&notes_, types),
        {.job = "q0", .attempt = 3});
    ASSERT_TRUE(stage.ok()) << stage.status();
    stage_ = *std::move(stage);
    sink_ = stage_->NewSink("Source(t)[0]");
  }
  void Reject(const RejectedRecord& record) {
    ASSERT_TRUE(sink_->Write(record, kNow).ok());
    ASSERT_TRUE(sink_->Flush().ok());
  }

  NotingSink::Notes notes_;
  std::unique_ptr<RejectedRowStage> stage_;
  std::unique_ptr<RejectedSink> sink_;
  ListedOutput output_;
};

const absl::Status kBadField =
    UserError({.code = "SRC-0103", .what = "no number"});

TEST_F(RejectedRowStageTest, FillsEveryColumnOfARecord) {
  Open({"time", "job", "attempt", "operator", "code", "message", "origin",
        "source", "partition", "position", "expression", "raw", "raw_text"});
  Reject({.origin = {"topic t, partition 1, offset 7", "{", "t", 1, 7},
          .error = kBadField});
  Reject({.origin = {"gone", "\xff"}, .error = kBadField});
  EXPECT_EQ(*stage_->Fire(0, output_), Progress::kDone);
  EXPECT_THAT(
      notes_.told,
      ElementsAre("1970-01-01 00:00:01.500 | q0 | 3 | Source(t)[0] | SRC-0103 "
                  "| SRC-0103: no number | topic t, partition 1, offset 7 | t "
                  "| 1 | 7 | NULL | { | {",
                  "1970-01-01 00:00:01.500 | q0 | 3 | Source(t)[0] | SRC-0103 "
                  "| SRC-0103: no number | gone | NULL | NULL | NULL | NULL | "
                  "\xff | NULL"));
}

TEST_F(RejectedRowStageTest, WritesLinesIntoTheDefaultPlace) {
  auto stage = RejectedRowStage::Open(
      {.name = "lines",
       .columns = {{.name = "line", .type = LogicalType::String().NotNull()}}},
      std::make_unique<NotingSink>(
          &notes_, std::vector<LogicalType>{LogicalType::String()}),
      {.job = "q0", .attempt = 3, .lines_folder = "/letters"});
  ASSERT_TRUE(stage.ok()) << stage.status();
  const RejectedRecord record = {.origin = {"f, byte 7", "{"},
                                 .error = kBadField};
  ASSERT_TRUE((*stage)->NewSink("Source(t)[0]")->Write(record, kNow).ok());
  EXPECT_EQ(*(*stage)->Fire(0, output_), Progress::kDone);
  EXPECT_THAT(notes_.told,
              ElementsAre(DeadLetterLine(
                  {.job = "q0", .attempt = 3, .op = "Source(t)[0]"}, record,
                  kNow)));
  notes_.broken = true;
  ASSERT_TRUE((*stage)->NewSink("Source(t)[0]")->Write(record, kNow).ok());
  EXPECT_EQ(ErrorCode((*stage)->Fire(0, output_).status()), "SRC-0042");
}

TEST_F(RejectedRowStageTest, TellsOfARowItsExpression) {
  Open({"raw_text", "expression", "origin"});
  Reject({.origin = {"", "{\"a\":0}"},
          .error = kBadField,
          .expression = "q = (1 / a)"});
  EXPECT_EQ(*stage_->Fire(0, output_), Progress::kDone);
  EXPECT_THAT(notes_.told, ElementsAre("{\"a\":0} | q = (1 / a) | NULL"));
}

TEST_F(RejectedRowStageTest, WhatWaitsGoesBeforeEachStep) {
  Open({"raw_text"});
  Reject({.origin = {"", "a"}, .error = kBadField});
  EXPECT_EQ(*stage_->Advance(5, output_), Progress::kDone);
  Reject({.origin = {"", "b"}, .error = kBadField});
  EXPECT_EQ(*stage_->BeforeSnapshot(CheckpointId(2), output_),
            Progress::kDone);
  Reject({.origin = {"", "c"}, .error = kBadField});
  EXPECT_EQ(*stage_->EndInput(output_), Progress::kDone);
  EXPECT_THAT(notes_.told, ElementsAre("a", "advance 5", "b", "barrier 2",
                                       "c", "end"));
}

TEST_F(RejectedRowStageTest, HoldsTheStepWhileTheSinkIsFull) {
  Open({"raw_text"});
  notes_.full = true;
  EXPECT_EQ(stage_->NextTimer(), INT64_MAX);
  Reject({.origin = {"", "a"}, .error = kBadField});
  EXPECT_EQ(stage_->NextTimer(), 0);
  EXPECT_EQ(*stage_->BeforeSnapshot(CheckpointId(1), output_),
            Progress::kOutputFull);
  Reject({.origin = {"", "b"}, .error = kBadField});
  notes_.full = false;
  EXPECT_EQ(*stage_->BeforeSnapshot(CheckpointId(1), output_),
            Progress::kDone);
  EXPECT_EQ(stage_->NextTimer(), INT64_MAX);
  EXPECT_THAT(notes_.told, ElementsAre("a", "b", "barrier 1"));
}

TEST_F(RejectedRowStageTest, TheChainsOwnRowsGoThrough) {
  Open({"raw_text"});
  const Batch batch = {.row_count = 3};
  output_.room = false;
  EXPECT_EQ(*stage_->Process(0, batch, output_), Progress::kOutputFull);
  output_.room = true;
  EXPECT_EQ(*stage_->Process(0, batch, output_), Progress::kDone);
  EXPECT_EQ(output_.rows, 3u);
  EXPECT_THAT(notes_.told, ElementsAre());
}

TEST_F(RejectedRowStageTest, ATableWithOtherColumnsIsRefused) {
  const TableDescriptor table = {
      .name = "bad",
      .columns = {{.name = "why", .type = LogicalType::String()}}};
  EXPECT_EQ(ErrorCode(RejectedRowStage::Open(table, nullptr, {}).status()),
            "SQL-0211");
}

}  // namespace
}  // namespace millrace
