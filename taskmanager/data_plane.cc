#include "taskmanager/data_plane.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A thread waits until the plane's has done something; held by both, because
// either may be done with it first.
struct Closing {
  Waker waker;
  Mailbox<bool> closed{[this] { waker.Wake(); }};
};

}  // namespace

Ring* DataPlane::Channels::OpenSender(const ChannelName& channel, int to,
                                      Waker* producer) {
  return Open(channel, to,
              {.limit_bytes = plane_->options_.ring_bytes,
               .producer = producer,
               .consumer = plane_->pump_.waker()},
              /*sends=*/true);
}

Ring* DataPlane::Channels::OpenReceiver(const ChannelName& channel, int from,
                                        Waker* consumer) {
  return Open(channel, from,
              {.limit_bytes = plane_->options_.ring_bytes,
               .producer = plane_->pump_.waker(),
               .consumer = consumer},
              /*sends=*/false);
}

Ring* DataPlane::Channels::Open(const ChannelName& channel, int process,
                                const Ring::Options& options, bool sends) {
  rings_.push_back(std::make_unique<Ring>(options));
  Ring* const ring = rings_.back().get();
  plane_->pump_.Post(DataPump::AddChannel{.attempt = attempt_,
                                          .process = process,
                                          .channel = channel,
                                          .ring = ring,
                                          .sends = sends});
  return ring;
}

void DataPlane::Channels::Close() {
  if (std::exchange(closed_, true)) return;
  plane_->Close(attempt_);
}

DataPlane::DataPlane(const Options& options)
    : options_(options),
      pump_({.self = {options.task_manager, options.life},
             .network = options.network,
             .clock = options.clock,
             .metrics = options.metrics,
             .window_bytes = options.window_bytes,
             .merge_nanos = options.merge_nanos}) {}

absl::StatusOr<std::unique_ptr<DataPlane>> DataPlane::Open(Options options) {
  auto plane = std::unique_ptr<DataPlane>(new DataPlane(options));
  const auto accept = [pump = &plane->pump_](std::shared_ptr<Link> link) {
    const int64_t conversation = pump->NextConversation();
    pump->Post(DataPump::Accepted{conversation, std::move(link)});
    return pump->HandlerOf(conversation);
  };
  ASSIGN_OR_RETURN(
      plane->listener_,
      options.network->Listen(options.listen_address, Network::Topic::kData,
                              accept));
  if (options.threads == Threads::kOwn) {
    plane->thread_.emplace(1);
    plane->thread_->Post([pump = &plane->pump_] { pump->RunUntilStopped(); });
  }
  return plane;
}

DataPlane::~DataPlane() {
  listener_.reset();
  pump_.Post(DataPump::Stop{});
  thread_.reset();
}

std::unique_ptr<DataPlane::Channels> DataPlane::OpenAttempt(
    const AttemptRef& attempt, std::vector<Process> processes,
    LostHandler on_lost, DataPump::EdgeColumns columns) {
  pump_.Post(DataPump::OpenAttempt{.attempt = attempt,
                                   .processes = std::move(processes),
                                   .columns = std::move(columns),
                                   .on_lost = std::move(on_lost)});
  return std::make_unique<Channels>(this, attempt);
}

void DataPlane::Close(const AttemptRef& attempt) {
  auto closing = std::make_shared<Closing>();
  pump_.Post(DataPump::CloseAttempt{
      .attempt = attempt, .closed = [closing] { closing->closed.Post(true); }});
  if (!thread_) pump_.TakeMessages();
  while (true) {
    closing->waker.BeginTurn();
    if (!closing->closed.TakeAll().empty()) return;
    closing->waker.Wait(INT64_MAX);
  }
}

}  // namespace millrace
