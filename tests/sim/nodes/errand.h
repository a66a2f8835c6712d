#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "jobmanager/cluster/job_gateway.h"
#include "tests/sim/nodes/site.h"
#include "tests/sim/nodes/watch.h"
#include "tests/sim/oracle.h"

namespace millrace::sim {

// A table that a person wants filled. One job does it, or several, one after
// the other: now and then the one that runs is stopped with a savepoint, from
// which another goes on, at another parallelism and on another backend, by the
// same id or a new one; or it is cancelled, and submitted again.
//
// Holds the cluster to its answers: what it says was done, was.
class Errand {
 public:
  struct Options {
    int number = 0;  // Of errands: 1, 2, ...
    const Job* job = nullptr;
    JobInput input;
    // A savepoint of another errand's job to begin from; it stays that one's.
    std::string forked_from;
    Positions from;  // What that had read; else none.
    int most_turns = 0;
  };
  // A savepoint was taken of it, and it goes on.
  using OnSavepoint =
      std::function<void(const Options&, const std::string& folder)>;

  // Everything outlives it, and it the answers.
  Errand(const Site* site, Watch* watch, Options options,
         OnSavepoint on_savepoint);
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  // The person looks at the leader, and asks it for something perhaps.
  void Look(JobGateway& leader);

  bool is_done() const { return is_done_; }
  // Once it is done: what must be in the table.
  Result wanted() const;
  std::string table() const;
  // What was done for it, by name, for a person: added.
  void AddDeeds(std::map<std::string, int64_t>& deeds) const;

 private:
  using Then = JobGateway::SavepointRequest::Then;

  JobWatch& watch() { return watch_.job(job_id_); }
  int64_t now() const;
  absl::StatusOr<JobPlan> Plan() const;
  void Submit(JobGateway& leader);
  void Ask(JobGateway& leader);
  void AskSavepoint(JobGateway& leader, Then then);
  void AskCancel(JobGateway& leader);
  void OnSavepointTaken(Then then, const absl::StatusOr<std::string>& folder);

  void OnEnded(const EndedJob& ended);
  void OnFinished();
  void OnDrained();
  void CheckClaimed();
  // Where the savepoint lies that the job has ended with; empty: nowhere.
  std::string LastSavepoint();
  void BeginLife(const std::string& savepoint);
  // The same job once more, from its own checkpoints.
  void BeginAgain();
  void GoOn();
  bool Has(std::initializer_list<Fault> faults) const;
  void Wrong(const std::string& what);

  const Site& site_;
  Watch& watch_;
  const Options options_;
  const OnSavepoint on_savepoint_;
  std::map<std::string, int64_t> deeds_;
  bool is_done_ = false;
  Positions to_;
  int turns_left_;
  int64_t rests_until_nanos_ = 0;

  // Of the present job.
  int life_ = 0;  // 1, 2, ...
  std::string job_id_;
  int64_t lives_before_ = 0;   // Of its id.
  int64_t newest_before_ = 0;  // Checkpoint.
  std::string begins_from_;   // A savepoint; empty: nothing.
  bool claims_ = false;
  // What was asked, and may be carried out at any time.
  bool stop_asked_ = false;
  bool drain_asked_ = false;
  bool cancel_asked_ = false;
  // An answer is waited for until then.
  int64_t waits_until_nanos_ = 0;
};

}  // namespace millrace::sim
