#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/background_pool.h"
#include "taskmanager/data_pump.h"

namespace millrace {

// The rows that a TaskManager exchanges with others: one for a process, for all
// attempts of all jobs.
//
// Threads: one of its own, which moves everything (data_pump.h); what arrives
// is parsed on the network's threads. Without a thread the caller runs it, one
// RunOnce after the other: a simulation. Opening and closing of attempts is for
// any thread; without a thread of its own, for the caller's.
class DataPlane {
 public:
  enum class Threads { kOwn, kNone };
  using Process = DataPump::Process;
  using LostHandler = DataPump::LostHandler;

  // Network, clock and metrics outlive it.
  struct Options {
    std::string task_manager;  // Unique in the cluster.
    int64_t life = 0;          // Of this process among those of that name.
    Network* network = nullptr;
    std::string listen_address = "127.0.0.1:0";
    const Clock* clock = nullptr;
    MetricRegistry* metrics = nullptr;
    // Of each channel: the two rings, and what is under way between them.
    int64_t ring_bytes = 1 << 20;
    int64_t window_bytes = 1 << 20;
    // A frame that is not full waits so long for more after the one before it.
    // A frame costs the threads of both ends some hundred microseconds to wake,
    // whatever is in it; rows that come at a lower rate are sent at once.
    int64_t merge_nanos = 4'000'000;
    Threads threads = Threads::kOwn;
  };
  // Listens. Errors are those of Network::Listen.
  static absl::StatusOr<std::unique_ptr<DataPlane>> Open(Options options);
  // Ends the conversations with all other processes. REQUIRES: no attempt is
  // open.
  ~DataPlane();

  // Where it listens: "HOST:PORT", with the port it really has.
  const std::string& address() const { return listener_->address(); }

  // The channels of one attempt with other processes.
  class Channels final : public RemoteChannels {
   public:
    Channels(DataPlane* plane, AttemptRef attempt)
        : plane_(plane), attempt_(std::move(attempt)) {}
    ~Channels() override { Close(); }

    // Nothing is carried any more, and nobody woken. The rings stay, for
    // subtasks that still run. So whoever stops an attempt first closes this,
    // then ends its workers, and destroys this last; or stops the subtasks,
    // destroys this, and ends the workers last. Again: changes nothing.
    void Close();

    Ring* OpenSender(const ChannelName& channel, int to,
                     Waker* producer) override;
    Ring* OpenReceiver(const ChannelName& channel, int from,
                       Waker* consumer) override;

   private:
    Ring* Open(const ChannelName& channel, int process,
               const Ring::Options& options, bool sends);

    DataPlane* const plane_;
    const AttemptRef attempt_;
    bool closed_ = false;
    std::vector<std::unique_ptr<Ring>> rings_;
  };

  // Opens the attempt, whose `processes` are numbered as in its Placement.
  // Until its channels are closed; what arrives for it later is dropped.
  //
  // `on_lost` is called by the plane's thread, at most once for a process: what
  // was sent to it, or came from it, may be incomplete, so that the attempt
  // has failed. kResourceExhausted: a row is too large to be sent. It posts,
  // and does not close the attempt by itself. A process that was never heard
  // of may be lost without a word here: who dialled it knows.
  //
  // `columns`: who sends batches of other columns runs another plan, and is
  // lost.
  //
  // REQUIRES: it is not open, and was not before.
  std::unique_ptr<Channels> OpenAttempt(const AttemptRef& attempt,
                                        std::vector<Process> processes,
                                        LostHandler on_lost,
                                        DataPump::EdgeColumns columns = {});

  // Without a thread of its own.
  int64_t RunOnce() { return pump_.RunOnce(); }
  Waker* waker() { return pump_.waker(); }

 private:
  explicit DataPlane(const Options& options);
  void Close(const AttemptRef& attempt);

  const Options options_;
  DataPump pump_;
  std::unique_ptr<LinkListener> listener_;
  std::optional<BackgroundPool> thread_;
};

}  // namespace millrace
