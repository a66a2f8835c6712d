#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

// Which job has which slots.
//
// A job needs as many slots as its greatest parallelism; subtask i of every
// vertex shares slot i. It is given all of them or waits and says for what. It
// keeps them while it restarts, so that no other job takes them meanwhile, and
// gives them back when it has ended.
//
// Placement: subtask i stays in the slot it has, else goes where it ran before,
// for the state that still lies there, else to the TaskManager with the fewest
// slots of the job, and among those with the most free ones.
//
// Slots that are free are offered to the waiting jobs in the order of their
// submission. A job that ran before and does not fit holds back what it will
// need for when the rest comes; one that never ran leaves them to the next, so
// that a job too large for the cluster holds up nobody.
//
// A state machine: no I/O, no clock. TaskManagers and jobs go by name.
class SlotScheduler {
 public:
  // Events.
  struct Joined {
    std::string task_manager;
    int slots = 0;
  };
  struct Left {  // Its slots are gone.
    std::string task_manager;
  };
  struct Drains {  // Gives no more slots; those in use are until given back.
    std::string task_manager;
  };
  // The job is about to run an attempt; whatever it ran before is over.
  // `order`: of its submission.
  struct Wanted {
    std::string job;
    int64_t order = 0;
    int slots = 0;
  };
  struct Released {  // Ended, or wants none any more.
    std::string job;
  };
  using Event = std::variant<Joined, Left, Drains, Wanted, Released>;

  // Actions.
  struct Grant {
    std::string job;
    std::vector<std::string> task_manager_of_slot;
  };
  // Said when it changes.
  struct Waits {
    std::string job;
    std::string for_what;  // "needs 4 slots, 3 are free: ..."
  };
  using Action = std::variant<Grant, Waits>;

  std::vector<Action> Step(Event event);

  int slots_total() const;
  int slots_free() const;
  int slots_free(const std::string& task_manager) const;

 private:
  using Actions = std::vector<Action>;
  struct TaskManager {
    int slots = 0;
    int used = 0;
    bool draining = false;

    int free() const { return draining ? 0 : slots - used; }
  };
  struct Job {
    int64_t order = 0;
    int slots = 0;
    bool waiting = false;
    bool ran = false;
    // Who runs, or ran last, each slot; empty: nobody yet.
    std::vector<std::string> placed;
    // Whether that slot is the job's now.
    std::vector<bool> holds;
    std::string said;
  };

  void On(Joined event);
  void On(Left event);
  void On(Drains event);
  void On(Wanted event);
  void On(Released event);

  void GiveBack(Job& job);
  void Assign(Actions& actions);
  // As many of the job's slots as there are, where they are best.
  void Place(Job& job);
  std::string BestFor(const Job& job) const;
  std::string Wish(const Job& job, int free) const;

  std::map<std::string, TaskManager> task_managers_;
  std::map<std::string, Job> jobs_;
};

}  // namespace millrace
