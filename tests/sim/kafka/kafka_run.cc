#include "tests/sim/kafka/kafka_run.h"

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/kafka/sink_job.h"

namespace millrace::sim {
namespace {

constexpr int64_t kSecond = 1'000 * kMs;
// Faults come so long, then the job has time to come to its end.
constexpr int64_t kFaultNanos = 200 * kSecond;
constexpr int64_t kEndNanos = 1'500 * kSecond;
constexpr char kTopic[] = "out";
constexpr char kPrefix[] = "p";
constexpr int kMostParallel = 4;

// One run, from the seed's dice.
class KafkaRun {
 public:
  KafkaRun(uint64_t seed, uint32_t without)
      : scheduler_(seed),
        cluster_(&scheduler_),
        link_(&scheduler_),
        without_(without) {
    cluster_.AddTopic(kTopic, 1 + static_cast<int>(Dice(4)),
                      {{"cleanup.policy", "delete"}});
    job_ = std::make_unique<SinkJob>(&scheduler_, &cluster_, &link_,
                                     Options());
    link_.Watch([this](const ProcessRef& client, const std::string& step) {
      OnStep(client, step);
    });
    if (Has(KafkaFault::kLink)) link_.SetRates(Rates());
    kill_in_steps_ = Has(KafkaFault::kKills) ? 1 + Dice(300) : -1;
    PlanFaults();
    scheduler_.Post(nullptr, kFaultNanos, [this] { CalmDown(); });
  }

  KafkaOutcome Run() {
    while (!job_->IsDone() && job_->failure().ok() &&
           scheduler_.clock().nanos() < kEndNanos && scheduler_.RunNext()) {
    }
    KafkaOutcome outcome;
    if (!job_->failure().ok() && lost_markers_ > 0 &&
        absl::StrContains(job_->failure().message(), "SNK-0306")) {
      outcome.stopped = true;
      outcome.wrong =
          job_->ledger().Check(cluster_, kTopic, /*has_stopped=*/true);
    } else if (!job_->failure().ok()) {
      outcome.wrong.push_back(
          absl::StrCat("the job failed: ", job_->failure().ToString()));
    } else if (!job_->IsDone()) {
      outcome.wrong.push_back("the job does not come to its end");
    } else {
      // What is still under way may not change anything.
      link_.SetRates({});
      const int64_t until =
          scheduler_.clock().nanos() + 2 * BrokerLink::kLatestNanos;
      while (scheduler_.clock().nanos() < until && scheduler_.RunNext()) {
      }
      outcome.wrong = job_->ledger().Check(cluster_, kTopic);
      outcome.records = job_->ledger().expected();
    }
    outcome.checkpoints = job_->completed();
    outcome.attempts = job_->attempts();
    outcome.simulated_ms = scheduler_.clock().nanos() / kMs;
    outcome.faults = faults_;
    for (const auto& [name, count] : link_.faults()) {
      outcome.faults[name] += count;
    }
    outcome.faults["transaction timed out"] += cluster_.counts().timed_out;
    outcome.faults["late EndTxn hits a later transaction"] +=
        cluster_.counts().late_ends;
    outcome.kill_steps = kill_steps_;
    return outcome;
  }

 private:
  int64_t Dice(int64_t sides) { return scheduler_.Jitter(sides); }
  bool Has(KafkaFault fault) const {
    return (without_ & (1u << static_cast<int>(fault))) == 0;
  }

  SinkJob::Options Options() {
    SinkJob::Options options{.topic = kTopic, .prefix = kPrefix};
    options.checkpoint_nanos = (1 + Dice(4)) * kSecond;
    options.chunk_records = 1 + static_cast<size_t>(Dice(3));
    options.transaction_timeout = absl::Seconds(10 + Dice(50));
    if (Has(KafkaFault::kJobManager)) {
      options.lost_words = static_cast<int>(Dice(200));
      options.lost_outcomes = static_cast<int>(Dice(60));
    }
    return options;
  }

  // Many seeds have few faults of a kind, some have none.
  BrokerLink::Rates Rates() {
    const auto rate = [this](int64_t most) {
      return Dice(3) == 0 ? 0 : static_cast<int>(Dice(most));
    };
    return {.lost = rate(30), .late = rate(30), .answer_lost = rate(30)};
  }

  // Whether it did something.
  using Act = bool (KafkaRun::*)();
  // `act` now and then, about `mean_nanos` apart.
  void Repeat(KafkaFault fault, int64_t mean_nanos, Act act) {
    if (!Has(fault) || Dice(4) == 0) return;
    scheduler_.Post(nullptr, 1 + Dice(2 * mean_nanos),
                    [this, fault, mean_nanos, act] {
                      Again(fault, mean_nanos, act);
                    });
  }
  void Again(KafkaFault fault, int64_t mean_nanos, Act act) {
    if (is_calm_) return;
    if ((this->*act)()) ++faults_[NameOf(fault)];
    scheduler_.Post(nullptr, 1 + Dice(2 * mean_nanos),
                    [this, fault, mean_nanos, act] {
                      Again(fault, mean_nanos, act);
                    });
  }

  void PlanFaults() {
    Repeat(KafkaFault::kKills, 25 * kSecond, &KafkaRun::KillOne);
    Repeat(KafkaFault::kPauses, 30 * kSecond, &KafkaRun::PauseOne);
    Repeat(KafkaFault::kBrokers, 40 * kSecond, &KafkaRun::StopBrokers);
    Repeat(KafkaFault::kOutage, 200 * kSecond, &KafkaRun::StopAll);
    Repeat(KafkaFault::kStaleReads, 10 * kSecond, &KafkaRun::CutOffLeader);
    Repeat(KafkaFault::kCompaction, 10 * kSecond, &KafkaRun::Compact);
    Repeat(KafkaFault::kGrowth, 100 * kSecond, &KafkaRun::Grow);
    Repeat(KafkaFault::kRescale, 40 * kSecond, &KafkaRun::Rescale);
    Repeat(KafkaFault::kRewind, 80 * kSecond, &KafkaRun::Rewind);
    Repeat(KafkaFault::kClaim, 80 * kSecond, &KafkaRun::Claim);
    if (Dice(8) == 0) {
      Repeat(KafkaFault::kMarkerLoss, 60 * kSecond, &KafkaRun::LoseMarkers);
    }
  }

  int Parallelism() { return 1 + static_cast<int>(Dice(kMostParallel)); }
  int OneSubtask() { return static_cast<int>(Dice(job_->parallelism())); }
  int64_t InNanos(int64_t nanos) {
    return scheduler_.clock().nanos() + nanos;
  }
  static std::string CommitsTopic() {
    return absl::StrCat("__", kPrefix, "_commits");
  }

  bool KillOne() {
    job_->Kill(OneSubtask());
    return true;
  }
  bool PauseOne() {
    const int64_t longest = Dice(2) == 0 ? 3 * kSecond : 90 * kSecond;
    job_->Pause(OneSubtask(), 1 + Dice(longest));
    return true;
  }
  bool StopBrokers() {
    const int64_t longest = Dice(3) == 0 ? 60 * kSecond : 8 * kSecond;
    cluster_.BeAway(Dice(2) == 0, InNanos(1 + Dice(longest)));
    return true;
  }
  // Every process dies, and none begins before Kafka is back.
  bool StopAll() {
    const int64_t nanos = 60 * kSecond + Dice(120 * kSecond);
    cluster_.BeAway(true, InNanos(nanos));
    cluster_.BeAway(false, InNanos(nanos));
    link_.CutUntil(InNanos(nanos));
    for (int i = 0; i < job_->parallelism(); ++i) job_->Kill(i);
    return true;
  }
  bool CutOffLeader() {
    cluster_.CutOff(CommitsTopic(), static_cast<int>(Dice(kMostParallel)),
                    InNanos(1 + Dice(10 * kSecond)));
    return true;
  }
  bool Compact() {
    KafkaCluster::Topic* const topic = cluster_.Find(CommitsTopic());
    if (topic == nullptr) return false;
    for (PartitionLog& log : topic->partitions) log.Compact();
    return true;
  }
  bool Grow() {
    const size_t now = cluster_.Find(kTopic)->partitions.size();
    cluster_.Grow(kTopic, static_cast<int>(now) + 1);
    return true;
  }
  bool Rescale() {
    job_->Restart(Parallelism());
    return true;
  }
  bool Rewind() {
    return job_->RestartFrom(static_cast<int>(Dice(3)), Parallelism(),
                             std::nullopt);
  }
  bool Claim() {
    return job_->RestartFrom(static_cast<int>(Dice(3)), Parallelism(),
                             absl::StrCat("b", ++claims_));
  }

  bool LoseMarkers() {
    const int subtask = OneSubtask();
    const std::string id = absl::StrCat(kPrefix, "-", subtask);
    KafkaCluster::Topic* const topic = cluster_.Find(CommitsTopic());
    if (topic == nullptr || !job_->KnowsMarkerOf(id)) return false;
    topic->partitions[subtask].Lose(id);
    scheduler_.Trace(absl::StrCat("markers of ", id, " are lost"));
    // What somebody has read of it and not yet acknowledged is nowhere else.
    job_->KillAll();
    ++lost_markers_;
    return true;
  }

  void OnStep(const ProcessRef& client, const std::string& step) {
    if (kill_in_steps_ < 0 || is_calm_ || --kill_in_steps_ > 0) return;
    kill_in_steps_ = 1 + Dice(600);
    ++kill_steps_[step];
    ++faults_["killed at a step"];
    job_->OnDead(client);
  }

  void CalmDown() {
    is_calm_ = true;
    link_.SetRates({});
    job_->CalmDown();
    job_->EndInput();
  }

  Scheduler scheduler_;
  KafkaCluster cluster_;
  BrokerLink link_;
  const uint32_t without_;
  std::unique_ptr<SinkJob> job_;
  bool is_calm_ = false;
  int64_t kill_in_steps_ = -1;
  int64_t claims_ = 0;
  int64_t lost_markers_ = 0;
  std::map<std::string, int64_t> faults_;
  std::map<std::string, int64_t> kill_steps_;
};

}  // namespace

const char* NameOf(KafkaFault fault) {
  static constexpr const char* kNames[kKafkaFaultCount] = {
      "kill", "pause", "link", "brokers away", "outage", "stale reads",
      "compaction", "growth", "rescale", "rewind", "claim", "JobManager",
      "marker loss"};
  return kNames[static_cast<int>(fault)];
}

KafkaOutcome RunKafka(uint64_t seed, uint32_t without) {
  return KafkaRun(seed, without).Run();
}

}  // namespace millrace::sim
