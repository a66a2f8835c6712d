#include "taskmanager/data_pump.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Sent to one process before the others get their turn.
constexpr int kFramesATurn = 8;
// What a link may have in front of it. More would only lie there: small frames
// are merged meanwhile, and rings hold their senders up.
constexpr int64_t kMostQueuedBytes = 1 << 20;
// When a link with so much in front of it is looked at again.
constexpr int64_t kQueueRetryNanos = 500'000;
// Conversations that have not said who they are; the oldest goes.
constexpr int kMostStrangers = 64;

}  // namespace

DataPump::DataPump(Options options)
    : options_(std::move(options)),
      mailbox_([this] { waker_.Wake(); }),
      metrics_(options_.metrics->AddGroup("millrace_exchange", {})),
      frames_out_(metrics_->AddCounter("sent_frames", "Frames sent.")),
      bytes_out_(metrics_->AddCounter("sent_bytes", "Bytes of frames sent.")),
      frames_in_(metrics_->AddCounter("received_frames", "Frames received.")),
      bytes_in_(metrics_->AddCounter("received_bytes",
                                     "Bytes of frames received.")),
      stale_frames_(metrics_->AddCounter(
          "stale_frames", "Frames of attempts that do not run here.")) {}

DataPump::~DataPump() {
  // Links that nobody has looked at lie in the mailbox, and post to it while
  // they end.
  mailbox_.TakeAll();
}

Link::Handler DataPump::HandlerOf(int64_t conversation) {
  return {.on_message =
              [this, conversation](std::string message) {
                const size_t size_bytes = message.size();
                Post(Arrived{conversation, size_bytes,
                             ParseDataMessage(std::move(message))});
              },
          .on_closed =
              [this, conversation](absl::Status status) {
                Post(Closed{conversation, std::move(status)});
              }};
}

void DataPump::RunUntilStopped() {
  while (!stopping_) {
    const int64_t next_nanos = RunOnce();
    if (stopping_ || next_nanos == 0) continue;
    waker_.Wait(next_nanos == INT64_MAX
                    ? INT64_MAX
                    : next_nanos - options_.clock->SteadyNanos());
  }
}

int64_t DataPump::RunOnce() {
  waker_.BeginTurn();
  TakeMessages();
  const int64_t now_nanos = options_.clock->SteadyNanos();
  Left left;
  for (auto& [ref, attempt] : attempts_) {
    for (auto& [process, neighbour] : attempt.neighbours) {
      if (neighbour.lost) continue;
      neighbour.traffic->PassOn();
      if (neighbour.peer->link == nullptr) continue;
      Send(attempt, process, now_nanos, left);
    }
  }
  return left.frames || waker_.WasWoken() ? 0 : left.next_nanos;
}

void DataPump::TakeMessages() {
  for (Message& message : mailbox_.TakeAll()) {
    std::visit([this](auto& what) { Carry(std::move(what)); }, message);
  }
}

void DataPump::Send(Attempt& attempt, int process, int64_t now_nanos,
                    Left& left) {
  Neighbour& neighbour = attempt.neighbours.at(process);
  Link& link = *neighbour.peer->link;
  const auto look_again = [&left](int64_t nanos) {
    left.next_nanos = std::min(left.next_nanos, nanos);
  };
  for (int i = 0; i < kFramesATurn; ++i) {
    if (link.queued_bytes() >= kMostQueuedBytes) {
      return look_again(now_nanos + kQueueRetryNanos);
    }
    if (now_nanos < neighbour.merges_until_nanos &&
        !neighbour.traffic->IsPressing()) {
      return look_again(neighbour.merges_until_nanos);
    }
    const absl::StatusOr<bool> filled = neighbour.traffic->Fill();
    if (!filled.ok()) return Lose(attempt, process, filled.status());
    if (!*filled) return;
    std::string message = neighbour.traffic->TakeMessage();
    frames_out_->Add(1);
    bytes_out_->Add(static_cast<int64_t>(message.size()));
    link.Send(std::move(message));
    neighbour.merges_until_nanos = now_nanos + options_.merge_nanos;
  }
  left.frames = true;
}

DataPump::Peer* DataPump::PeerOf(const Process& process) {
  const Hello::Side who = {process.task_manager, process.life};
  std::unique_ptr<Peer>& peer = peers_[who];
  if (peer == nullptr) peer = std::make_unique<Peer>(Peer{.who = who});
  peer->address = process.data_address;
  return peer.get();
}

void DataPump::Carry(OpenAttempt message) {
  const AttemptRef ref = message.attempt;
  const bool is_new =
      attempts_.emplace(ref, Attempt{.opened = std::move(message)}).second;
  MILLRACE_CHECK(is_new);
}

void DataPump::Carry(AddChannel message) {
  Attempt& attempt = attempts_.at(message.attempt);
  auto [found, is_new] = attempt.neighbours.try_emplace(message.process);
  Neighbour& neighbour = found->second;
  if (is_new) {
    neighbour.peer = PeerOf(attempt.opened.processes[message.process]);
    neighbour.traffic = std::make_unique<RemoteTraffic>(
        RemoteTraffic::Options{.job_id = message.attempt.job_id,
                               .attempt = message.attempt.attempt,
                               .window_bytes = options_.window_bytes});
  }
  if (message.sends) {
    neighbour.traffic->AddSender(message.channel, message.ring);
  } else {
    const EdgeColumns& columns = attempt.opened.columns;
    neighbour.traffic->AddReceiver(
        message.channel, message.ring,
        columns.empty() ? nullptr : &columns[message.channel.edge]);
  }
  if (is_new && neighbour.peer->link == nullptr &&
      options_.self.name < neighbour.peer->who.name) {
    Dial(*neighbour.peer);
  }
}

void DataPump::Carry(CloseAttempt message) {
  attempts_.erase(message.attempt);
  ForgetPeers();
  message.closed();
}

void DataPump::Dial(Peer& peer) {
  peer.conversation = NextConversation();
  peer.link = options_.network->Dial(peer.address, Network::Topic::kData,
                                     HandlerOf(peer.conversation));
  conversations_[peer.conversation] = {peer.link, &peer};
  peer.link->Send(EncodeHello({.from = options_.self, .to = peer.who}));
}

void DataPump::Carry(Accepted message) {
  conversations_[message.conversation] = {std::move(message.link)};
  const auto is_stranger = [](const auto& entry) {
    return entry.second.peer == nullptr;
  };
  if (std::count_if(conversations_.begin(), conversations_.end(),
                    is_stranger) <= kMostStrangers) {
    return;
  }
  conversations_.erase(std::find_if(conversations_.begin(),
                                    conversations_.end(), is_stranger));
}

void DataPump::Carry(Arrived message) {
  const auto found = conversations_.find(message.conversation);
  if (found == conversations_.end()) return;  // It was ended here.
  if (!message.message.ok()) {
    return EndConversation(message.conversation, message.message.status());
  }
  if (const auto* hello = std::get_if<Hello>(&*message.message)) {
    return Meet(message.conversation, *hello);
  }
  Peer* const peer = found->second.peer;
  if (peer == nullptr) {
    conversations_.erase(found);
    return;
  }
  frames_in_->Add(1);
  bytes_in_->Add(static_cast<int64_t>(message.size_bytes));
  const absl::Status taken =
      TakeFrame(*peer, std::move(std::get<Frame>(*message.message)));
  if (!taken.ok()) EndConversation(message.conversation, taken);
}

void DataPump::Meet(int64_t conversation, const Hello& hello) {
  Conversation& met = conversations_.at(conversation);
  // Whoever dials an address that once was another's, or has the smaller name
  // here and so has to be dialled, is not talked to.
  if (met.peer != nullptr || hello.to != options_.self ||
      hello.from.name >= options_.self.name) {
    return EndConversation(
        conversation, absl::DataLossError("a Hello that is not for here"));
  }
  Peer* const peer = PeerOf({hello.from.name, hello.from.life, ""});
  if (peer->link != nullptr) {
    // It would not dial if it still had that one.
    conversations_.erase(peer->conversation);
    LoseLink(*peer, absl::UnavailableError("another link has come instead"));
  }
  met.peer = peer;
  peer->link = met.link;
  peer->conversation = conversation;
  for (auto& [ref, attempt] : attempts_) {
    for (auto& [process, neighbour] : attempt.neighbours) {
      if (neighbour.peer == peer && !neighbour.lost) {
        neighbour.traffic->AnnounceAll();
      }
    }
  }
}

absl::Status DataPump::TakeFrame(Peer& peer, Frame frame) {
  const auto found = attempts_.find({frame.job_id, frame.attempt});
  Neighbour* neighbour = nullptr;
  if (found != attempts_.end()) {
    for (auto& [process, candidate] : found->second.neighbours) {
      if (candidate.peer == &peer) neighbour = &candidate;
    }
  }
  if (neighbour == nullptr || neighbour->lost) {
    // Of an attempt that is over here, or one that is still to be opened:
    // then nothing but limits and wishes, which are said again.
    stale_frames_->Add(1);
    return absl::OkStatus();
  }
  neighbour->heard = true;
  for (FrameEntry& entry : frame.entries) {
    RETURN_IF_ERROR(neighbour->traffic->Take(std::move(entry)));
  }
  return absl::OkStatus();
}

void DataPump::Carry(Closed message) {
  EndConversation(message.conversation, message.status);
}

void DataPump::EndConversation(int64_t conversation, const absl::Status& why) {
  const auto found = conversations_.find(conversation);
  if (found == conversations_.end()) return;
  Peer* const peer = found->second.peer;
  conversations_.erase(found);
  if (peer == nullptr) return;
  peer->link = nullptr;
  // Damage on the way passes with the link: the attempt is made again.
  LoseLink(*peer, absl::IsDataLoss(why)
                      ? absl::UnavailableError(why.message())
                      : why);
  ForgetPeers();
}

void DataPump::LoseLink(Peer& peer, const absl::Status& why) {
  const bool dialled = options_.self.name < peer.who.name;
  for (auto& [ref, attempt] : attempts_) {
    for (auto& [process, neighbour] : attempt.neighbours) {
      if (neighbour.peer != &peer || neighbour.lost) continue;
      if (dialled || neighbour.heard) Lose(attempt, process, why);
    }
  }
}

void DataPump::Lose(Attempt& attempt, int process, const absl::Status& why) {
  attempt.neighbours.at(process).lost = true;
  attempt.opened.on_lost(process, why);
}

void DataPump::ForgetPeers() {
  std::erase_if(peers_, [this](const auto& entry) {
    Peer* const peer = entry.second.get();
    if (peer->link != nullptr) return false;
    for (const auto& [ref, attempt] : attempts_) {
      for (const auto& [process, neighbour] : attempt.neighbours) {
        if (neighbour.peer == peer) return false;
      }
    }
    return true;
  });
}

}  // namespace millrace
