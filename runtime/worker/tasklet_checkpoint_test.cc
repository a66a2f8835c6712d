#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/worker/barrier_listeners_test.h"
#include "runtime/worker/row_coalescer.h"
#include "runtime/worker/tasklet.h"
#include "runtime/worker/text_backend_test.h"

namespace millrace::tasklet_checkpoint_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

Batch Number(int64_t value) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, 1);
  column->data<int64_t>()[0] = value;
  return {.row_count = 1, .columns = {column}};
}

// Adds numbers up and passes them on.
class Total final : public Operator {
 public:
  explicit Total(Log* log) : log_(log) {}
  ~Total() override {
    if (log_->tells_ends) log_->lines.push_back("operator goes");
  }
  absl::StatusOr<Progress> Process(int, const Batch& batch,
                                   Output& output) override {
    if (!output.HasRoom()) return Progress::kOutputFull;
    batch.selection().ForEach([&](uint32_t row) {
      total_ += batch.columns[0]->data<int64_t>()[row];
    });
    const absl::Status emitted = output.Emit(batch);
    if (!emitted.ok()) return emitted;
    return Progress::kDone;
  }
  absl::Status Snapshot(SnapshotWriter& writer) override {
    return writer.OperatorState("total", Redistribution::kSplit,
                                {absl::StrCat(total_)});
  }
  absl::Status OnCheckpointComplete(CheckpointId id, bool final) override {
    log_->lines.push_back(
        absl::StrCat("operator completes ", id.value(), final ? " final" : ""));
    return absl::OkStatus();
  }
  absl::StatusOr<bool> IsSettled() override { return log_->settled; }

 private:
  Log* const log_;
  int64_t total_ = 0;
};

// Holds rows back until a barrier, and gives them out one by one.
class Hold final : public Operator {
 public:
  absl::StatusOr<Progress> Process(int, const Batch& batch, Output&) override {
    held_.push_back(batch);
    return Progress::kDone;
  }
  absl::StatusOr<Progress> BeforeSnapshot(CheckpointId,
                                          Output& output) override {
    for (; !held_.empty(); held_.pop_front()) {
      if (!output.HasRoom()) return Progress::kOutputFull;
      const absl::Status emitted = output.Emit(held_.front());
      if (!emitted.ok()) return emitted;
    }
    return Progress::kDone;
  }

 private:
  std::deque<Batch> held_;
};

class ScriptedInput final : public TaskletInput {
 public:
  ScriptedInput(std::deque<StreamEvent>* events, Log* log)
      : events_(events), log_(log) {}
  absl::StatusOr<std::optional<InputGate::Received>> Next() override {
    if (events_->empty()) return std::nullopt;
    InputGate::Received received{0, std::move(events_->front())};
    events_->pop_front();
    return received;
  }
  void Take(SourceCommand command) override {
    if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
      events_->push_back(
          BarrierEvent{trigger->checkpoint, trigger->triggered_micros});
    }
  }
  absl::Status Snapshot(CheckpointId, SnapshotWriter& writer) override {
    return writer.OperatorState("left", Redistribution::kUnion,
                                {absl::StrCat(events_->size())});
  }
  void OnComplete(CheckpointId id) override {
    log_->lines.push_back(absl::StrCat("input completes ", id.value()));
  }
  void OnAbort(CheckpointId id) override {
    log_->lines.push_back(absl::StrCat("input aborts ", id.value()));
  }

 private:
  std::deque<StreamEvent>* const events_;
  Log* const log_;
};

// Scripted events, maybe an operator, two Totals with backends "a" and "b", of
// which "a" has the input's part, and a ring.
class TaskletCheckpointTest : public ::testing::Test {
 protected:
  void Open(uint32_t slots, std::unique_ptr<Operator> first = nullptr) {
    ring_ = std::make_unique<Ring>(Ring::Options{.slots = slots});
    auto participant = std::make_unique<CheckpointParticipant>(
        CheckpointParticipant::Options{
            .subtask = {VertexId(3), 1},
            .uploads = &executor_,
            .acknowledge = [this](Acknowledgement ack) { Note(ack); },
            .clock = &clock_,
            .sync_nanos = &sync_nanos_});
    std::vector<Chain::Stage> stages;
    if (first != nullptr) stages.push_back({std::move(first)});
    for (const char* name : {"a", "b"}) {
      stages.push_back(
          {std::make_unique<Total>(&log_), nullptr,
           participant->Add(std::make_unique<TextBackend>(name, &log_))});
    }
    std::vector<std::unique_ptr<ExchangeOutput>> outputs;
    outputs.push_back(std::make_unique<ExchangeOutput>(
        Partitioner::One(0), std::vector<Ring*>{ring_.get()}, &clock_));
    OperatorBackend* const input_backend = stages[stages.size() - 2].backend;
    auto chain = std::make_unique<Chain>(
        std::move(stages), std::move(outputs), participant.get());
    tasklet_ = std::make_unique<Tasklet>(
        std::make_unique<ScriptedInput>(&events_, &log_), std::move(chain),
        std::make_shared<TaskletMetrics>(
            std::make_shared<MetricGroup>("t", MetricLabels()), &clock_),
        &clock_,
        Tasklet::Checkpoints{
            .inbox = &inbox_,
            .on_drained = [this] { log_.lines.push_back("drained"); },
            .participant = std::move(participant),
            .input_backend = input_backend,
            .start_delay_nanos = &start_delay_nanos_});
  }

  void Note(const Acknowledgement& ack) {
    EXPECT_EQ(ack.subtask, (SubtaskId{VertexId(3), 1}));
    std::string text = absl::StrCat("ack ", ack.checkpoint.value());
    if (!ack.snapshots.ok()) {
      absl::StrAppend(&text, " ", ack.snapshots.status().message());
    } else {
      for (const OperatorSnapshot& snapshot : *ack.snapshots) {
        absl::StrAppend(&text, " ", snapshot.uid);
      }
    }
    log_.lines.push_back(text);
  }

  Tasklet::State Run() {
    const auto state = tasklet_->Run(clock_.SteadyNanos() + 1'000'000'000);
    EXPECT_TRUE(state.ok()) << state.status();
    return state.value_or(Tasklet::State::kEnded);
  }

  // What is in the ring: rows as their number, sums of larger batches, "b1".
  std::string Sent() {
    std::string all;
    while (auto event = ring_->Take()) {
      std::string text = "?";
      if (const auto* batch = std::get_if<Batch>(&*event)) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < batch->row_count; ++i) {
          sum += batch->columns[0]->data<int64_t>()[i];
        }
        text = absl::StrCat(batch->row_count > 1 ? "sum " : "", sum);
      } else if (const auto* barrier = std::get_if<BarrierEvent>(&*event)) {
        text = absl::StrCat("b", barrier->checkpoint.value());
      } else if (std::holds_alternative<EndOfInputEvent>(*event)) {
        text = "end";
      }
      absl::StrAppend(&all, all.empty() ? "" : " ", text);
    }
    return all;
  }

  static BarrierEvent Barrier(int64_t id) { return {CheckpointId(id)}; }

  ManualClock clock_{absl::FromUnixSeconds(100)};
  LaterExecutor executor_;
  Gauge sync_nanos_;
  Gauge start_delay_nanos_;
  Log log_;
  std::deque<StreamEvent> events_;
  Mailbox<SubtaskCommand> inbox_;
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<Tasklet> tasklet_;
};

using State = Tasklet::State;

TEST_F(TaskletCheckpointTest, RowsBeforeTheBarrierAreInTheSnapshot) {
  Open(8);
  events_ = {Number(1), Number(2), Barrier(1), Number(4)};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "1 2 b1 4") << "the barrier does not wait for uploads";
  EXPECT_THAT(log_.Take(), ElementsAre());
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=1 total=3) b(total=3)"));
}

TEST_F(TaskletCheckpointTest, WhatABarrierLeavesIsWrittenBetweenTurns) {
  Open(8);
  log_.rest = 1500;
  events_ = {Number(1), Barrier(1), Number(2)};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "1 b1 2") << "nobody waits for it";
  EXPECT_LE(tasklet_->NextRunNanos(), clock_.SteadyNanos());
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_TRUE(executor_.posted.empty()) << "some is left";
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(tasklet_->NextRunNanos(), INT64_MAX);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=1 total=1) b(total=1)"));
}

// A turn comes every few milliseconds where a worker has many tasklets: a
// million of them would take longer than a checkpoint may.
TEST_F(TaskletCheckpointTest, AHugeRestIsWrittenInLargerAndLargerSlices) {
  Open(8);
  log_.rest = 1'000'000'000;
  events_ = {Barrier(1)};
  int turns = 0;
  while (executor_.posted.empty() && turns < 1'000'000) {
    EXPECT_EQ(Run(), State::kIdle);
    ++turns;
  }
  EXPECT_GT(turns, 50'000);
  EXPECT_LT(turns, 100'000);
}

TEST_F(TaskletCheckpointTest, TheNextBarrierEndsWhatTheLastOneLeft) {
  Open(8);
  log_.rest = 1'000'000;
  events_ = {Barrier(1), Number(1), Barrier(2)};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "b1 1 b2");
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=2 total=0) b(total=0)"));
}

// Else the operators would write it first, for nobody.
TEST_F(TaskletCheckpointTest, WhatIsLeftIsForgottenBeforeTheOperatorsGo) {
  Open(8);
  log_.rest = 1'000'000;
  log_.tells_ends = true;
  events_ = {Barrier(1)};
  Run();
  log_.Take();
  tasklet_.reset();
  EXPECT_THAT(log_.Take(), ElementsAre("999744 left", "999744 left",
                                       "operator goes", "operator goes"));
}

TEST_F(TaskletCheckpointTest, AnAbortWhileSomethingIsLeftSparesTheUpload) {
  Open(8);
  log_.rest = 1500;
  events_ = {Barrier(1)};
  Run();
  inbox_.Post(AbortCommand{CheckpointId(1)});
  Run();
  EXPECT_THAT(log_.Take(), ElementsAre("input aborts 1"));
  Run();
  EXPECT_THAT(log_.Take(), ElementsAre("a aborts 1", "b aborts 1"));
  EXPECT_TRUE(executor_.posted.empty());
}

TEST_F(TaskletCheckpointTest, CoalescedRowsBelongToTheCheckpoint) {
  Open(8, std::make_unique<RowCoalescer>(&clock_));
  events_ = {Number(1), Number(2), Barrier(1), Number(4)};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "sum 3 b1");
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=1 total=3) b(total=3)"));
}

TEST_F(TaskletCheckpointTest, ABarrierWaitsForRoomForWhatIsFlushed) {
  Open(1, std::make_unique<Hold>());
  events_ = {Number(1), Number(2), Number(4), Barrier(1), Number(8)};
  EXPECT_EQ(Run(), State::kBlocked);
  EXPECT_TRUE(executor_.posted.empty()) << "4 is not in the state yet";
  for (const char* sent : {"1", "2", "4"}) {
    EXPECT_EQ(Sent(), sent);
    Run();
  }
  EXPECT_EQ(Sent(), "b1");
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=1 total=7) b(total=7)"));
}

TEST_F(TaskletCheckpointTest, StaysAfterItsEndAndCostsNothing) {
  Open(8);
  events_ = {Number(1), EndOfInputEvent{}};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_THAT(log_.Take(), ElementsAre("drained")) << "once";
  EXPECT_EQ(tasklet_->NextRunNanos(), INT64_MAX);
  events_ = {Barrier(1)};
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "1 end b1");
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=0 total=1) b(total=1)"));
}

TEST_F(TaskletCheckpointTest, EndsWhenTheFinalCheckpointIsSettled) {
  Open(8);
  log_.settled = false;
  events_ = {EndOfInputEvent{}};
  Run();
  inbox_.Post(CompleteCommand{CheckpointId(2)});
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_THAT(log_.Take(),
              ElementsAre("drained", "a completes 2", "b completes 2",
                          "operator completes 2", "operator completes 2",
                          "input completes 2"));
  inbox_.Post(CompleteCommand{CheckpointId(3), /*final=*/true});
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(tasklet_->NextRunNanos(), INT64_MAX) << "it is woken";
  EXPECT_THAT(log_.Take(),
              ElementsAre("a completes 3", "b completes 3",
                          "operator completes 3 final",
                          "operator completes 3 final", "input completes 3"));
  log_.settled = true;
  EXPECT_EQ(Run(), State::kEnded);
}

TEST_F(TaskletCheckpointTest, AnAbortBehindTheSnapshotReachesAll) {
  Open(8);
  events_ = {Barrier(1)};
  Run();
  inbox_.Post(AbortCommand{CheckpointId(1)});
  Run();
  EXPECT_THAT(log_.Take(),
              ElementsAre("input aborts 1", "a aborts 1", "b aborts 1"));
}

TEST_F(TaskletCheckpointTest, AnAbortDuringTheStepSparesTheUpload) {
  Open(1, std::make_unique<Hold>());
  events_ = {Number(1), Number(2), Number(4), Barrier(1)};
  EXPECT_EQ(Run(), State::kBlocked);
  inbox_.Post(AbortCommand{CheckpointId(1)});
  EXPECT_EQ(Run(), State::kBlocked);
  EXPECT_THAT(log_.Take(), ElementsAre("input aborts 1"));
  for (const char* sent : {"1", "2", "4"}) {
    EXPECT_EQ(Sent(), sent);
    Run();
  }
  EXPECT_EQ(Sent(), "b1");
  EXPECT_THAT(log_.Take(), ElementsAre("a aborts 1", "b aborts 1"));
  EXPECT_TRUE(executor_.posted.empty());
}

TEST_F(TaskletCheckpointTest, ARootSaysHowLateItsBarrierIs) {
  Open(8);
  inbox_.Post(TriggerCommand{
      .checkpoint = CheckpointId(1),
      .triggered_micros = absl::ToUnixMicros(clock_.Now()) - 40});
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(start_delay_nanos_.value(), 40'000);
}

TEST_F(TaskletCheckpointTest, ATriggerThatComesTwiceCountsOnce) {
  Open(8);
  for (const int64_t id : {1, 1, 2, 1}) {
    inbox_.Post(TriggerCommand{CheckpointId(id)});
    EXPECT_EQ(Run(), State::kIdle);
  }
  EXPECT_EQ(Sent(), "b1 b2");
}

TEST_F(TaskletCheckpointTest, ItsOperatorsAreToldOfBarriersToCome) {
  Open(8, std::make_unique<Warned>(&log_));
  inbox_.Post(TriggerCommand{CheckpointId(1)});
  inbox_.Post(AbortCommand{CheckpointId(1)});
  inbox_.Post(DrainCommand{});
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_THAT(log_.Take(),
              ElementsAre("begun 1", "input aborts 1", "aborted 1",
                          "a aborts 1", "b aborts 1", "draining"));
}

TEST_F(TaskletCheckpointTest, WhatIsHeldUpIsSaidAgainAndAgain) {
  const int64_t kSayEvery =
      absl::ToInt64Nanoseconds(CheckpointParticipant::kSayEvery);
  absl::Status why = absl::UnavailableError("nobody there");
  Open(8, std::make_unique<Stuck>(&why));
  inbox_.Post(TriggerCommand{CheckpointId(1)});
  EXPECT_EQ(Run(), State::kIdle);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(), ElementsAre("ack 1 a(left=0 total=0) b(total=0)"))
      << "no row is in front of the barrier";
  events_ = {Number(1)};
  EXPECT_EQ(Run(), State::kBlocked);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(), ElementsAre()) << "and no checkpoint is under way";
  for (const int64_t id : {2, 3}) {
    inbox_.Post(TriggerCommand{CheckpointId(id)});
    for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(Run(), State::kBlocked);
    executor_.RunAll();
    EXPECT_THAT(log_.Take(), ElementsAre(absl::StrCat("ack ", id,
                                                      " nobody there")));
    EXPECT_EQ(tasklet_->NextRunNanos(), clock_.SteadyNanos() + kSayEvery)
        << "though nobody wakes it";
  }
  clock_.AdvanceBy(CheckpointParticipant::kSayEvery);
  for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(Run(), State::kBlocked);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(), ElementsAre("ack 3 nobody there"));
  EXPECT_EQ(tasklet_->NextRunNanos(), clock_.SteadyNanos() + kSayEvery);
  why = absl::OkStatus();
  inbox_.Post(TriggerCommand{CheckpointId(4)});
  EXPECT_EQ(Run(), State::kIdle);
  EXPECT_EQ(Sent(), "b1 1 b2 b3 b4");
  executor_.RunAll();
  EXPECT_THAT(log_.Take(), Contains("ack 3 a(left=1 total=1) b(total=1)"))
      << "its barrier has come after all";
}

TEST_F(TaskletCheckpointTest, OfWhatWasGivenUpNothingIsSaid) {
  absl::Status why;
  Open(8, std::make_unique<Stuck>(&why));
  events_ = {Number(1)};
  why = absl::UnavailableError("nobody there");
  inbox_.Post(TriggerCommand{CheckpointId(1)});
  inbox_.Post(AbortCommand{CheckpointId(1)});
  EXPECT_EQ(Run(), State::kBlocked);
  EXPECT_TRUE(executor_.posted.empty());
}

TEST_F(TaskletCheckpointTest, AFailedUploadDeclinesAndTheSubtaskGoesOn) {
  Open(8);
  log_.uploads_fail = true;
  events_ = {Barrier(1), Number(1)};
  EXPECT_EQ(Run(), State::kIdle);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(), ElementsAre("ack 1 away"));
  log_.uploads_fail = false;
  events_ = {Barrier(2)};
  EXPECT_EQ(Run(), State::kIdle);
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 2 a(left=0 total=1) b(total=1)"));
}

TEST_F(TaskletCheckpointTest, TheUploadOutlivesTheSubtask) {
  Open(8);
  events_ = {Barrier(1)};
  Run();
  tasklet_.reset();
  executor_.RunAll();
  EXPECT_THAT(log_.Take(),
              ElementsAre("ack 1 a(left=0 total=0) b(total=0)"));
}

}  // namespace
}  // namespace millrace::tasklet_checkpoint_test
