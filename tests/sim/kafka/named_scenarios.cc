#include "tests/sim/kafka/named_scenarios.h"

#include "tests/sim/kafka/scripted_run.h"
#include "tests/sim/kafka/two_sinks.h"

namespace millrace::sim {
namespace {

constexpr int64_t kOneSecond = 1'000 * kMs;
using Wrong = std::vector<std::string>;

// A session dies with its nonce committed and its epoch's marker too; the
// leader that the next one reads from was cut off between the two. It must not
// take the older nonce for its own, and the epoch for one that is not there.
Wrong StaleLeader() {
  ScriptedRun run(1);
  run.Complete(3);
  run.KillAt("sent AddPartitionsToTxn", 1);
  // The first is the nonce's; with the second one that was read.
  run.At("sent AddPartitionsToTxn", 2, [&](const ProcessRef&) {
    run.cluster().CutOff(ScriptedRun::kCommitsTopic, 0,
                         run.Now() + 25 * kOneSecond);
  });
  run.KillAt("answered EndTxn", 1);
  return run.Finish();
}

// An EndTxn is so late that its client has sent another one, which was
// answered. It arrives when the next transaction has its records and not yet
// its marker; then the client dies.
Wrong LateEndTxn() {
  ScriptedRun run(1);
  run.Complete(3);
  run.link().HoldNext("EndTxn");
  run.At("answered EndTxn", 1, [](const ProcessRef&) {});
  run.At("answered Produce", 1,
         [&](const ProcessRef&) { run.link().Release(); });
  run.KillAt("sent Produce", 1);
  return run.Finish();
}

// Somebody deletes what the commits topic has of a writer.
Wrong MarkerDeleted() {
  ScriptedRun run(1);
  do {
    run.Complete(1);
  } while (!run.job().KnowsMarkerOf("p-0") && run.job().completed() < 100);
  run.commits().partitions[0].Lose("p-0");
  run.job().KillAll();
  return run.FinishStopped("SNK-0306");
}

// Another job claims a savepoint that is older than what the first one wrote:
// its first marker follows a foreign one. It dies when that is committed.
Wrong OlderSavepointClaimed() {
  ScriptedRun run(1);
  run.Complete(5);
  run.job().RestartFrom(2, 1, "b1");
  // The first is the nonce's.
  run.KillAt("answered EndTxn", 2);
  run.Complete(2);
  run.job().KillAll();
  return run.Finish();
}

// Epochs wait while Kafka is away; the job is restored at another parallelism,
// and one of its subtasks is long in getting at what it restored, though the
// others could write newer records of its keys.
Wrong RestoredByOneThatIsSlow() {
  ScriptedRun run(2);
  run.Complete(3);
  run.cluster().BeAway(/*coordinators=*/true, run.Now() + 8 * kOneSecond);
  run.Complete(2);
  run.job().Restart(3);
  run.link().HoldNext("InitProducerId");
  run.Complete(3);
  return run.Finish();
}

}  // namespace

const std::vector<NamedScenario>& NamedScenarios() {
  static const auto& scenarios = *new std::vector<NamedScenario>{
      {"stale_leader", "R3", StaleLeader},
      {"late_end_txn", "R5", LateEndTxn},
      {"marker_deleted", "R6", MarkerDeleted},
      {"older_savepoint_claimed", "R8", OlderSavepointClaimed},
      {"restored_by_one_that_is_slow", "R11", RestoredByOneThatIsSlow},
      {"two_sinks_one_stuck", "R10", RunTwoSinks},
  };
  return scenarios;
}

}  // namespace millrace::sim
