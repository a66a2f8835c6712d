#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// A conversation with a process that may be a TaskManager, in the order of
// their beginning; none has the number of another.
using ConversationId = StrongInt<struct ConversationIdTag, int64_t>;

// Which TaskManagers are there: who has come, who is heard of, who has gone.
//
// A conversation is a TaskManager's life as far as this JobManager knows: when
// it ends, however it ends, what ran there has failed. A TaskManager that comes
// again, as the same process or another, is a new one under its old name, and
// the conversation that it had before is over.
//
// A state machine: no I/O, no clock. `now` is the steady clock's. Events of a
// conversation that is over change nothing.
class TaskManagerRoster {
 public:
  struct Options {
    std::string cluster;
    std::string version;
    absl::Duration heartbeat_interval = absl::Seconds(1);
    // Five heartbeats missed.
    absl::Duration heartbeat_timeout = absl::Seconds(5);
  };

  // Events.
  struct Opened {
    ConversationId conversation;
  };
  struct Registered {
    ConversationId conversation;
    to_job_manager::Register registration;
  };
  // It said something, a heartbeat or anything else.
  struct Heard {
    ConversationId conversation;
    bool is_heartbeat = false;
  };
  struct Draining {
    ConversationId conversation;
  };
  struct Closed {
    ConversationId conversation;
    absl::Status status;
  };
  // This side will talk no more: it does not do what it is told.
  struct Dropped {
    ConversationId conversation;
    absl::Status status;
  };
  struct Tick {};
  using Event = std::variant<Opened, Registered, Heard, Draining, Closed,
                             Dropped, Tick>;

  // Actions.
  struct Accept {  // Answer with Registered.
    ConversationId conversation;
  };
  struct Refuse {  // Answer with Refused; it is heard no more.
    ConversationId conversation;
    absl::Status status;
  };
  struct Greet {  // Answer with Alive.
    ConversationId conversation;
  };
  struct HangUp {
    ConversationId conversation;
  };
  struct Joined {
    ConversationId conversation;
  };
  // What ran there has failed with `status`, kUnavailable.
  struct Left {
    ConversationId conversation;
    std::string task_manager;
    absl::Status status;
  };
  struct Drains {
    ConversationId conversation;
    std::string task_manager;
  };
  using Action =
      std::variant<Accept, Refuse, Greet, HangUp, Joined, Left, Drains>;

  struct Member {
    to_job_manager::Register registration;
    absl::Duration last_heard;
    bool draining = false;
  };

  explicit TaskManagerRoster(Options options);

  std::vector<Action> Step(Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  // Those that are there.
  const std::map<ConversationId, Member>& members() const { return members_; }
  // Null: none of that name is there.
  const ConversationId* Find(const std::string& task_manager) const;

 private:
  using Actions = std::vector<Action>;

  void On(Opened event, Actions& actions);
  void On(Registered event, Actions& actions);
  void On(Heard event, Actions& actions);
  void On(Draining event, Actions& actions);
  void On(Closed event, Actions& actions);
  void On(Dropped event, Actions& actions);
  void On(Tick event, Actions& actions);

  absl::Status Check(const to_job_manager::Register& registration) const;
  void Remove(ConversationId conversation, const absl::Status& why,
              Actions& actions);

  const Options options_;
  absl::Duration now_;  // Of the step under way.
  // Since when a conversation has said nothing yet.
  std::map<ConversationId, absl::Duration> silent_;
  std::map<ConversationId, Member> members_;
  std::map<std::string, ConversationId> by_name_;
};

}  // namespace millrace
