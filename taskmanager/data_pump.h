#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/metrics.h"
#include "runtime/base/network.h"
#include "runtime/base/sequence.h"
#include "runtime/base/waker.h"
#include "runtime/exchange/remote_traffic.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// Moves what attempts exchange with other processes between rings and links,
// one turn after the other, on one thread.
//
// One link serves all attempts of two processes, in both directions. Whose name
// is smaller dials it, when the first attempt needs it, and says by a Hello who
// it is and whom it means; the other one waits for that. So there are never two
// links to choose from, and a process that came back, with another life, is
// another process. A link stays when its attempts are gone.
//
// Links that end: an attempt that has heard of the other process through the
// link is lost with it. One that has not may have been opened before the other
// side noticed that an older link was dead; it waits for the next link.
//
// Post and HandlerOf's handlers are thread-safe; the rest is its thread's.
class DataPump {
 public:
  using Process = to_task_manager::Deploy::Process;
  // Called by the pump, at most once for a process. The callee posts; it does
  // not close the attempt by itself.
  using LostHandler = std::function<void(int process, absl::Status)>;

  struct Options {
    Hello::Side self;
    Network* network = nullptr;
    const Clock* clock = nullptr;
    MetricRegistry* metrics = nullptr;
    int64_t window_bytes = 0;
    int64_t merge_nanos = 0;
  };

  // The types of what passes each edge of the plan; none: anything passes.
  using EdgeColumns = std::vector<std::vector<LogicalType>>;

  struct OpenAttempt {
    AttemptRef attempt;
    std::vector<Process> processes;
    EdgeColumns columns;
    LostHandler on_lost;
  };
  struct AddChannel {
    AttemptRef attempt;
    int process;  // At the other end.
    ChannelName channel;
    Ring* ring;
    bool sends;  // The sending subtask is here.
  };
  // Its rings are not touched any more when `closed` is called.
  struct CloseAttempt {
    AttemptRef attempt;
    std::function<void()> closed;
  };
  // A conversation that another process began.
  struct Accepted {
    int64_t conversation;
    std::shared_ptr<Link> link;
  };
  struct Stop {};

  explicit DataPump(Options options);
  DataPump(const DataPump&) = delete;
  DataPump& operator=(const DataPump&) = delete;
  // Ends every conversation. REQUIRES: no listener hands over any more.
  ~DataPump();

  template <typename Message>
  void Post(Message message) {
    mailbox_.Post(std::move(message));
  }
  int64_t NextConversation() { return conversation_ids_.Next(); }
  // Parses on the network's thread and posts.
  Link::Handler HandlerOf(int64_t conversation);

  // What rings wake.
  Waker* waker() { return &waker_; }

  // One turn. Returns when to come again, by Clock::SteadyNanos: 0 = at once,
  // INT64_MAX = when woken.
  int64_t RunOnce();
  // Carries out what was posted.
  void TakeMessages();
  // Until Stop was posted and carried out.
  void RunUntilStopped();

 private:
  struct Arrived {
    int64_t conversation;
    size_t size_bytes;
    absl::StatusOr<DataMessage> message;
  };
  struct Closed {
    int64_t conversation;
    absl::Status status;
  };
  using Message = std::variant<OpenAttempt, AddChannel, CloseAttempt, Accepted,
                               Arrived, Closed, Stop>;

  struct Peer {
    Hello::Side who;
    std::string address;
    std::shared_ptr<Link> link;  // Null while there is none.
    int64_t conversation = 0;    // Of `link`.
  };
  // One other process of an attempt.
  struct Neighbour {
    Peer* peer;
    std::unique_ptr<RemoteTraffic> traffic;
    bool heard = false;  // Through the peer's present link.
    bool lost = false;
    int64_t merges_until_nanos = 0;  // Small frames wait for more until then.
  };
  struct Attempt {
    OpenAttempt opened;
    std::map<int, Neighbour> neighbours;  // By process.
  };
  // What a turn has left undone.
  struct Left {
    bool frames = false;  // More could be sent at once.
    int64_t next_nanos = INT64_MAX;  // When to look at a link again.
  };

  void Carry(OpenAttempt message);
  void Carry(AddChannel message);
  void Carry(CloseAttempt message);
  void Carry(Accepted message);
  void Carry(Arrived message);
  void Carry(Closed message);
  void Carry(Stop) { stopping_ = true; }

  Peer* PeerOf(const Process& process);
  void Dial(Peer& peer);
  void Meet(int64_t conversation, const Hello& hello);
  absl::Status TakeFrame(Peer& peer, Frame frame);
  void EndConversation(int64_t conversation, const absl::Status& why);
  void LoseLink(Peer& peer, const absl::Status& why);
  void Lose(Attempt& attempt, int process, const absl::Status& why);
  void ForgetPeers();
  void Send(Attempt& attempt, int process, int64_t now_nanos, Left& left);

  const Options options_;
  Sequence conversation_ids_;
  Waker waker_;
  // Below the links, which post to it until they are gone.
  Mailbox<Message> mailbox_;
  std::shared_ptr<MetricGroup> metrics_;
  Counter* const frames_out_;
  Counter* const bytes_out_;
  Counter* const frames_in_;
  Counter* const bytes_in_;
  Counter* const stale_frames_;
  bool stopping_ = false;
  std::map<Hello::Side, std::unique_ptr<Peer>> peers_;
  // Who is at the other end; null until it has said so.
  struct Conversation {
    std::shared_ptr<Link> link;
    Peer* peer = nullptr;
  };
  std::map<int64_t, Conversation> conversations_;
  std::map<AttemptRef, Attempt> attempts_;
};

}  // namespace millrace
