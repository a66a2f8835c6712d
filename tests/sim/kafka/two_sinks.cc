#include "tests/sim/kafka/two_sinks.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/formats/raw_format.h"
#include "connectors/kafka/sealing_writer.h"
#include "jobmanager/checkpoint_coordinator.h"
#include "runtime/base/check.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/sink_committer.h"
#include "runtime/worker/checkpoint_participant.h"
#include "tests/sim/kafka/model_session.h"

namespace millrace::sim {
namespace {

constexpr int64_t kTurnNanos = 1'000 * kMs;
constexpr int64_t kAwayFromNanos = 60 * kTurnNanos;
constexpr int64_t kAwayUntilNanos = kAwayFromNanos + 6 * 3'600 * kTurnNanos;
// When the source ends, and when all has to be committed.
constexpr int64_t kRowsUntilNanos = kAwayUntilNanos + 120 * kTurnNanos;
constexpr int64_t kDoneNanos = kRowsUntilNanos + 300 * kTurnNanos;
constexpr size_t kRowBytes = 1000;
constexpr char kMostPending[] = "20 kb";
constexpr int64_t kMostPendingRows = 21;
constexpr size_t kChannelRows = 10;

class WorkAtOnce final : public Executor {
  void Post(std::function<void()> work) override { work(); }
};

// One of them, with the channel that its rows come by.
class StuckableSink {
 public:
  using Tell = std::function<void(checkpoint::Event)>;

  StuckableSink(Scheduler* scheduler, int vertex, Tell tell)
      : scheduler_(scheduler),
        vertex_(vertex),
        tell_(std::move(tell)),
        cluster_(scheduler),
        link_(scheduler),
        process_(std::make_shared<Process>()),
        port_(scheduler, &cluster_, &link_, process_) {
    RegisterRawFormat(registry_);
    cluster_.AddTopic("out", 1, {{"cleanup.policy", "delete"}});
    const TableDescriptor table = {
        .name = "t",
        .columns = {{.name = "v", .type = LogicalType::String()}},
        .options = {{"connector", "kafka"},
                    {"topic", "out"},
                    {"properties.bootstrap.servers", "model:1"},
                    {"format", "raw"},
                    {"sink.max-pending", kMostPending}}};
    const ConnectorContext context = {.job_id = "j",
                                      .vertex = VertexId(vertex),
                                      .clock = &scheduler->clock(),
                                      .background = &at_once_,
                                      .wake = [this] { Wake(); }};
    auto writer = kafka::SealingWriter::Open(
        table, *kafka::ReadKafkaSettings(table), registry_, context, &port_);
    MILLRACE_CHECK(writer.ok());
    writer_ = *std::move(writer);
    Wake();
  }

  void BeAway(int64_t until_nanos) { link_.CutUntil(until_nanos); }

  void OnTrigger(CheckpointId checkpoint) {
    writer_->OnCheckpointBegun(checkpoint);
    awaited_ = checkpoint;
    channel_.push_back(checkpoint);
  }
  void OnAbort(CheckpointId checkpoint) {
    writer_->OnCheckpointAborted(checkpoint);
    if (awaited_ <= checkpoint) awaited_ = CheckpointId(0);
    std::erase_if(channel_, [&](const std::optional<CheckpointId>& barrier) {
      return barrier && *barrier <= checkpoint;
    });
  }
  void OnComplete(CheckpointId checkpoint) {
    StepDue(SinkCommitter::Completed{checkpoint});
  }
  // A row has come.
  void Offer() {
    if (channel_.size() < kChannelRows) channel_.push_back(std::nullopt);
  }

  void Turn() {
    Settle();
    bool is_blocked = false;
    while (!channel_.empty() && !is_blocked) {
      is_blocked = channel_.front() ? !Seal(*channel_.front()) : !Write();
      if (!is_blocked) channel_.pop_front();
    }
    most_rows_ = std::max(most_rows_, rows_);
    if (is_blocked && awaited_.value() != 0) SayIfHeldUp();
  }

  int64_t rows() const { return rows_; }
  int64_t most_rows() const { return most_rows_; }
  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  // Later: whoever wakes holds a lock.
  void Wake() {
    scheduler_->Post(process_, 0, [this] { Turn(); });
  }
  bool Write() {
    const std::vector<LogicalType> types = {LogicalType::String()};
    const std::vector<std::vector<Value>> row = {
        {Value::Text(std::string(kRowBytes, 'v'))}};
    const bool is_taken =
        *writer_->Write(BatchOf(types, row)) == Writer::Accepted::kAll;
    if (is_taken) ++rows_;
    return is_taken;
  }
  bool Seal(CheckpointId checkpoint) {
    if (*writer_->Flush() == Writer::Accepted::kFull) return false;
    auto sealed = writer_->Seal(checkpoint);
    MILLRACE_CHECK(sealed.ok());
    int64_t before = 0;
    for (const auto& [id, count] : sealed_rows_) before += count;
    sealed_rows_.emplace_back(checkpoint, rows_ - before);
    StepDue(SinkCommitter::Sealed{
        {.checkpoint = checkpoint,
         .committables = std::move(sealed->committables)}});
    if (awaited_ <= checkpoint) awaited_ = CheckpointId(0);
    Say(checkpoint, std::vector<OperatorSnapshot>());
    return true;
  }
  void SayIfHeldUp() {
    if (scheduler_->clock().nanos() < say_again_nanos_) return;
    absl::Status why = writer_->HeldUp();
    if (why.ok()) return;
    say_again_nanos_ =
        scheduler_->clock().nanos() +
        absl::ToInt64Nanoseconds(CheckpointParticipant::kSayEvery);
    Say(awaited_, std::move(why));
  }
  void Say(CheckpointId checkpoint,
           absl::StatusOr<std::vector<OperatorSnapshot>> part) {
    tell_(checkpoint::Acknowledged{
        1, {checkpoint, {VertexId(vertex_), 0}, std::move(part)}});
  }
  void Settle() {
    const auto done = writer_->Poll();
    if (!done.ok()) {
      wrong_.push_back(done.status().ToString());
    } else if (*done && due_.is_committing()) {
      for (; !sealed_rows_.empty() && sealed_rows_.front().first <= begun_;
           sealed_rows_.pop_front()) {
        rows_ -= sealed_rows_.front().second;
      }
      StepDue(SinkCommitter::Committed{absl::OkStatus()});
    }
  }
  void StepDue(SinkCommitter::Event event) {
    if (const auto* done = std::get_if<SinkCommitter::Completed>(&event)) {
      completed_ = done->checkpoint;
    }
    auto actions =
        due_.Step(std::move(event), scheduler_->clock().SteadyNanos());
    if (actions.commit.empty()) return;
    begun_ = completed_;
    const absl::Status status = writer_->Begin(std::move(actions.commit));
    if (!status.ok()) wrong_.push_back(status.ToString());
  }

  Scheduler* const scheduler_;
  const int vertex_;
  const Tell tell_;
  KafkaCluster cluster_;
  BrokerLink link_;
  const ProcessRef process_;
  ModelPort port_;
  WorkAtOnce at_once_;
  ConnectorRegistry registry_;
  std::unique_ptr<kafka::SealingWriter> writer_;
  SinkCommitter due_;
  std::deque<std::optional<CheckpointId>> channel_;  // No barrier: a row.
  CheckpointId awaited_;  // Announced and not here yet; 0: none.
  CheckpointId completed_;
  CheckpointId begun_;  // What is being committed is of it and those before.
  int64_t rows_ = 0;    // Taken and not committed.
  std::deque<std::pair<CheckpointId, int64_t>> sealed_rows_;  // Of them.
  int64_t most_rows_ = 0;
  int64_t say_again_nanos_ = 0;
  std::vector<std::string> wrong_;
};

class TwoSinksRun {
 public:
  TwoSinksRun() {
    for (int vertex = 0; vertex < 2; ++vertex) {
      sinks_.push_back(std::make_unique<StuckableSink>(
          &scheduler_, vertex, [this](checkpoint::Event event) {
            scheduler_.Post(nullptr, kMs,
                            [this, event] { Step(event); });
          }));
    }
    Step(checkpoint::AttemptStarted{
        .attempt = 1, .subtasks = {{VertexId(0), 0}, {VertexId(1), 0}}});
    scheduler_.Post(nullptr, kAwayFromNanos,
                    [this] { sinks_[1]->BeAway(kAwayUntilNanos); });
    scheduler_.Post(nullptr, kTurnNanos, [this] { Turn(); });
  }

  std::vector<std::string> Run() {
    while (scheduler_.clock().nanos() < kDoneNanos && scheduler_.RunNext()) {
    }
    // And a row that is taken where there is room for less.
    const int64_t most =
        kMostPendingRows + static_cast<int64_t>(kChannelRows) + 1;
    for (const auto& sink : sinks_) {
      for (const std::string& line : sink->wrong()) wrong_.push_back(line);
      if (sink->most_rows() > most) {
        wrong_.push_back(absl::StrCat(sink->most_rows(), " rows waited, not ",
                                      most, " at most"));
      }
      if (sink->rows() != 0) {
        wrong_.push_back(absl::StrCat(sink->rows(), " rows wait for ever"));
      }
    }
    return wrong_;
  }

 private:
  void Turn() {
    for (const auto& sink : sinks_) {
      if (scheduler_.clock().nanos() < kRowsUntilNanos) sink->Offer();
      sink->Turn();
    }
    Step(checkpoint::Tick());
    scheduler_.Post(nullptr, kTurnNanos, [this] { Turn(); });
  }
  void Step(checkpoint::Event event) {
    const absl::Duration now =
        absl::Nanoseconds(scheduler_.clock().SteadyNanos());
    for (const checkpoint::Action& action :
         coordinator_.Step(std::move(event), now)) {
      Do(action);
    }
  }
  void Do(const checkpoint::Action& action) {
    if (std::holds_alternative<checkpoint::ReserveId>(action)) {
      Step(checkpoint::IdReserved{.id = CheckpointId(++last_id_)});
    } else if (const auto* go = std::get_if<checkpoint::Trigger>(&action)) {
      for (const auto& sink : sinks_) sink->OnTrigger(go->checkpoint);
    } else if (const auto* stop = std::get_if<checkpoint::Abort>(&action)) {
      for (const auto& sink : sinks_) sink->OnAbort(stop->checkpoint);
    } else if (std::holds_alternative<checkpoint::WriteManifest>(action)) {
      Step(checkpoint::ManifestWritten());
    } else if (std::holds_alternative<checkpoint::SwapPointer>(action)) {
      Step(checkpoint::PointerSwapped());
    } else if (const auto* done = std::get_if<checkpoint::Complete>(&action)) {
      for (const auto& sink : sinks_) sink->OnComplete(done->checkpoint);
    } else if (const auto* end =
                   std::get_if<checkpoint::FailAttempt>(&action)) {
      wrong_.push_back(absl::StrCat("the attempt fails: ",
                                    end->cause.ToString()));
    }
  }

  Scheduler scheduler_{1};
  CheckpointCoordinator coordinator_{{.job_id = "j"}};
  std::vector<std::unique_ptr<StuckableSink>> sinks_;
  int64_t last_id_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace

std::vector<std::string> RunTwoSinks() { return TwoSinksRun().Run(); }

}  // namespace millrace::sim
