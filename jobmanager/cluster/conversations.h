#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/cluster/task_manager_roster.h"
#include "runtime/base/network.h"
#include "runtime/base/sequence.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// The conversations that TaskManagers have begun, by number. Messages are
// encoded and decoded here and nowhere else in the JobManager, those that come
// on threads of the network.
//
// Of one loop, but for what the network calls: that is posted to the loop.
class Conversations {
 public:
  // Called by the loop, in the order of each conversation. `closed` also where
  // what was said is no message; not where this side has ended it.
  struct Listener {
    std::function<void(ConversationId)> opened;
    std::function<void(ConversationId, to_job_manager::Message)> said;
    std::function<void(ConversationId, absl::Status)> closed;
  };
  // Who is told to go is given so long to hear it and hang up.
  static constexpr absl::Duration kPartingLimit = absl::Seconds(2);

  // `post` brings a call to the loop; thread-safe.
  Conversations(std::function<void(std::function<void()>)> post,
                Listener listener);
  // Nobody runs the loop any more.
  ~Conversations();

  // Once. Errors are the network's.
  absl::Status Listen(Network* network, const std::string& address);
  const std::string& address() const { return listening_->address(); }

  void Send(ConversationId conversation,
            const to_task_manager::Message& message);
  void HangUp(ConversationId conversation) { links_.erase(conversation); }
  // Nothing more is heard of it; it ends when the other side has hung up.
  void Part(ConversationId conversation, absl::Duration now);
  void HangUpAll() { links_.clear(); }

  void Tick(absl::Duration now);
  absl::Duration WakeAt() const;

 private:
  struct Open {
    std::shared_ptr<Link> link;
    absl::Duration until = absl::InfiniteDuration();  // While it parts.
  };

  Link::Handler Accept(std::shared_ptr<Link> link);
  void OnMessage(ConversationId conversation, const std::string& bytes);
  bool IsHeard(ConversationId conversation) const;

  const std::function<void(std::function<void()>)> post_;
  const Listener listener_;
  Sequence numbers_;
  std::map<ConversationId, Open> links_;
  std::unique_ptr<LinkListener> listening_;
};

}  // namespace millrace
