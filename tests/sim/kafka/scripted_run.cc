#include "tests/sim/kafka/scripted_run.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

constexpr uint64_t kSeed = 1;
constexpr char kOutTopic[] = "out";
// For each step of a script, and for the end.
constexpr int64_t kStepNanos = 600'000 * kMs;

KafkaCluster& WithTopic(KafkaCluster& cluster) {
  cluster.AddTopic(kOutTopic, 1, {{"cleanup.policy", "delete"}});
  return cluster;
}

}  // namespace

ScriptedRun::ScriptedRun(int parallelism)
    : scheduler_(kSeed),
      cluster_(&scheduler_),
      link_(&scheduler_),
      job_(&scheduler_, &WithTopic(cluster_), &link_,
           {.topic = kOutTopic,
            .prefix = "p",
            .parallelism = parallelism,
            .chunk_records = 1000}) {
  link_.Watch([this](const ProcessRef& client, const std::string& step) {
    OnStep(client, step);
  });
}

void ScriptedRun::OnStep(const ProcessRef& client, const std::string& step) {
  if (step != step_ || --times_ > 0) return;
  step_.clear();
  std::exchange(act_, nullptr)(client);
}

void ScriptedRun::Until(const std::function<bool()>& holds,
                        const std::string& what) {
  if (!missed_.empty()) return;
  const int64_t until = Now() + kStepNanos;
  while (!holds() && job_.failure().ok() && Now() < until &&
         scheduler_.RunNext()) {
  }
  if (holds()) return;
  missed_ = absl::StrCat("the script did not come to: ", what,
                         job_.failure().ok() ? "" : "; the job failed: ",
                         job_.failure().ok() ? "" : job_.failure().ToString());
}

void ScriptedRun::Complete(int64_t checkpoints) {
  const int64_t target = job_.completed() + checkpoints;
  Until([&] { return job_.completed() >= target; }, "a completed checkpoint");
}

void ScriptedRun::At(const std::string& step, int nth, Act act) {
  step_ = step;
  times_ = nth;
  act_ = std::move(act);
  Until([this] { return step_.empty(); }, step);
}

void ScriptedRun::KillAt(const std::string& step, int nth) {
  At(step, nth, [this](const ProcessRef& client) { job_.OnDead(client); });
}

std::vector<std::string> ScriptedRun::Finish() {
  job_.EndInput();
  Until([this] { return job_.IsDone(); }, "the job's end");
  if (!missed_.empty()) return {missed_};
  // What is still under way may not change anything.
  const int64_t until = Now() + 2 * BrokerLink::kLatestNanos;
  while (Now() < until && scheduler_.RunNext()) {
  }
  return job_.ledger().Check(cluster_, kOutTopic);
}

std::vector<std::string> ScriptedRun::FinishStopped(const std::string& code) {
  if (!missed_.empty()) return {missed_};
  job_.EndInput();
  const int64_t until = Now() + kStepNanos;
  while (job_.failure().ok() && !job_.IsDone() && Now() < until &&
         scheduler_.RunNext()) {
  }
  std::vector<std::string> wrong =
      job_.ledger().Check(cluster_, kOutTopic, /*has_stopped=*/true);
  if (!absl::StrContains(job_.failure().message(), code)) {
    wrong.push_back(absl::StrCat("it did not stop with ", code, " but with: ",
                                 job_.failure().ToString()));
  }
  return wrong;
}

}  // namespace millrace::sim
