#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "jobmanager/cluster/conversations.h"
#include "jobmanager/cluster/job_gateway.h"
#include "jobmanager/cluster/leader_election.h"
#include "jobmanager/cluster/leader_term.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/one_thread.h"
#include "runtime/base/published.h"
#include "runtime/base/waker.h"

namespace millrace {

// A JobManager: one loop that hears TaskManagers and the gateway's callers,
// runs for the lead, and while it has it carries a LeaderTerm out.
//
// Threads: the loop's own; one for the record of the leader, one for that of
// the jobs, one that waits for what ended jobs leave under way; two for each
// job. All sleep while nothing happens. Open, Campaign, Resign and the
// destructor are for the owner's thread; the gateway's calls are thread-safe.
class Dispatcher final : public JobGateway {
 public:
  struct Options {
    Network* network = nullptr;
    std::string bind_address;  // "HOST:PORT" for TaskManagers.
    std::string resource_id;
    int64_t life = 0;  // Unlike that of any other process.
    // Of the lead; see LeaderElection::Options.
    absl::Duration lease = absl::Seconds(15);
    absl::Duration look_every = absl::Seconds(1);
    // Whether the process of that life has surely ended. May block; of one
    // thread. Empty: nobody can tell, and its lease is waited for.
    std::function<bool(int64_t life)> is_dead;
    // What terms have in common; what belongs to one, and the ways to this
    // loop, are filled in here.
    LeaderTerm::Environment cluster;
    OneThread* one_thread = nullptr;  // Null: threads of its own.
  };

  // Listens, and follows until Campaign. What the options name outlives it.
  static absl::StatusOr<std::unique_ptr<Dispatcher>> Open(Options options);
  // Leaves jobs as they are.
  ~Dispatcher() override;

  const std::string& address() const { return conversations_.address(); }

  // Runs for the lead: once.
  void Campaign();
  // Leaves the lead to another; returns when the record says so, or after
  // kResignLimit. Nothing is done afterwards.
  void Resign();
  // Resign in two parts, for who may not wait.
  void BeginResign();
  bool has_resigned() const { return owner_.WasWoken(); }
  static constexpr absl::Duration kResignLimit = absl::Seconds(2);

  void Submit(Submission submission, Answer<std::string> job_id) override;
  void Cancel(const std::string& job_id, Answer<JobState> was) override;
  void Savepoint(SavepointRequest request, Answer<std::string> path) override;
  void Checkpoint(const std::string& job_id,
                  Answer<int64_t> checkpoint) override;
  std::shared_ptr<const ClusterView> View() const override {
    return view_.Get();
  }

 private:
  // What shows the cluster may be so much behind, but for what an answer says.
  static constexpr absl::Duration kViewAge = absl::Milliseconds(20);

  // Who comes before it is known who leads waits so long for it: a cluster that
  // is just being started is up sooner.
  static constexpr absl::Duration kPatience = absl::Seconds(1);
  struct Early {
    absl::Duration until;
    std::optional<to_job_manager::Message> said;
  };

  explicit Dispatcher(Options options);

  void Post(std::function<void()> call) { mailbox_.Post(std::move(call)); }
  void Start();
  void RunLoop();
  // Returns when to come again.
  absl::Duration RunOnce();
  int64_t RunOnceNanos();
  absl::Duration Now() const;

  void Step(LeaderElection::Event event);
  void Do(LeaderElection::Read);
  void Do(LeaderElection::Write action);
  void Do(LeaderElection::Lead action);
  void Do(LeaderElection::StepDown action);
  LeaderTerm::Environment EnvironmentOf(int64_t term);

  void OnOpened(ConversationId conversation);
  void OnSaid(ConversationId conversation, to_job_manager::Message message);
  void RefuseTheEarly(absl::Duration now);
  // Calls it with the term there is, or answers that there is none.
  template <typename T>
  void WithTerm(Answer<T> answer,
                std::function<void(LeaderTerm&, Answer<T>)> call);
  void Publish();

  const Options options_;
  Published<ClusterView> view_;
  const std::shared_ptr<MetricGroup> metrics_;
  Gauge* const task_managers_;
  Gauge* const slots_total_;
  Gauge* const slots_free_;
  Gauge* const running_jobs_;

  Waker waker_;
  Mailbox<std::function<void()>> mailbox_;
  Waker owner_;  // Of the thread that waits in Resign.
  // Of the loop.
  Conversations conversations_;
  std::map<ConversationId, Early> early_;  // While there is no term.
  std::optional<LeaderElection> election_;
  std::string said_trouble_;
  std::string said_follows_;
  bool stopping_ = false;
  bool changed_ = false;
  absl::Duration published_at_ = -absl::InfiniteDuration();

  // Destroyed from the last to the first: the loop before what it posts to,
  // the term before what its jobs are handed to.
  const std::unique_ptr<Executor> reaper_;
  const std::unique_ptr<Executor> leader_record_;
  const std::unique_ptr<Executor> registry_;
  std::unique_ptr<LeaderTerm> term_;
  std::optional<BackgroundPool> loop_;
};

}  // namespace millrace
