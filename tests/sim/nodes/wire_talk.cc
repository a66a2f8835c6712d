#include "tests/sim/nodes/wire_talk.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace::sim {
namespace {

// How much later one side hears of a break than the other, at most.
constexpr int64_t kHalfOpenNanos = 3'000'000'000;
// Behind what else a message comes that comes twice.
constexpr int64_t kRepeatNanos = 1'500'000'000;

absl::Status Gone(const std::string& host) {
  return absl::UnavailableError(absl::StrCat(host, " is gone"));
}

// What changes nothing when it comes twice. Splits are given and asked for
// once: the network says that a message comes once, and they rely on it.
bool MayComeTwice(const std::string& message, bool to_job_manager) {
  if (to_job_manager) {
    const auto said = DecodeToJobManager(message);
    return said.ok() &&
           !std::holds_alternative<to_job_manager::SplitsRequested>(*said);
  }
  const auto said = DecodeToTaskManager(message);
  return said.ok() &&
         !std::holds_alternative<to_task_manager::GiveSplits>(*said) &&
         !std::holds_alternative<to_task_manager::Refused>(*said);
}

}  // namespace

WireTalk::WireTalk(Wire* wire, Network::Topic topic, End dials, End takes,
                   Network::Acceptor acceptor, Link::Handler dialler)
    : wire_(wire), topic_(topic), acceptor_(std::move(acceptor)) {
  sides_[0].end = std::move(dials);
  sides_[0].handler = std::move(dialler);
  sides_[1].end = std::move(takes);
}

bool WireTalk::joins(const std::string& one, const std::string& other) const {
  return (sides_[0].end.host == one && sides_[1].end.host == other) ||
         (sides_[0].end.host == other && sides_[1].end.host == one);
}

int WireTalk::SideOf(const ProcessRef& process) const {
  for (int i = 0; i < 2; ++i) {
    if (sides_[i].end.process == process) return i;
  }
  return -1;
}

void WireTalk::Dial() {
  if (sides_[1].end.process == nullptr) {
    sides_[1].end_sent = true;
    TellEnd(0, absl::UnavailableError("nothing listens there"),
            wire_->Delay(), /*from_afar=*/false);
    return;
  }
  Put(1, {.kind = Arriving::Kind::kOpen}, wire_->Delay());
  wire_->options_.scheduler->Post(
      nullptr, Wire::kConnectNanos, [self = shared_from_this()] {
        if (self->opened_ || self->sides_[0].end_sent) return;
        self->sides_[1].arriving.clear();
        self->sides_[1].end_sent = true;
        self->TellEnd(0, absl::UnavailableError("no connection in time"), 0,
                      /*from_afar=*/false);
      });
}

void WireTalk::Put(int to, Arriving arriving, int64_t delay_nanos) {
  Side& side = sides_[to];
  const int64_t now = wire_->options_.scheduler->clock().nanos();
  side.last_arrival_nanos =
      std::max(side.last_arrival_nanos + 1, now + delay_nanos);
  side.under_way_bytes += static_cast<int64_t>(arriving.message.size());
  side.arriving.push_back(std::move(arriving));
  wire_->options_.scheduler->Post(
      side.end.process, side.last_arrival_nanos - now,
      [self = shared_from_this(), to] { self->Arrive(to); });
}

void WireTalk::Arrive(int to) {
  Side& side = sides_[to];
  if (side.arriving.empty()) return;
  Scheduler& scheduler = *wire_->options_.scheduler;
  if (side.arriving.front().from_afar) {
    const int64_t free_at =
        wire_->FreeAt(sides_[1 - to].end.host, side.end.host);
    const int64_t now = scheduler.clock().nanos();
    if (free_at > now) {
      scheduler.Post(side.end.process,
                     free_at - now + scheduler.Jitter(10'000'000),
                     [self = shared_from_this(), to] { self->Arrive(to); });
      return;
    }
  }
  Arriving arrived = std::move(side.arriving.front());
  side.arriving.pop_front();
  side.under_way_bytes -= static_cast<int64_t>(arrived.message.size());
  if (arrived.kind == Arriving::Kind::kOpen) return Accept();
  if (!side.hears || (to == 1 && !opened_)) return;
  if (arrived.kind == Arriving::Kind::kMessage) {
    if (side.handler.on_message) {
      side.handler.on_message(std::move(arrived.message));
    }
    return;
  }
  side.hears = false;
  SayHungUp(to);
  // It goes with all that it holds, its link perhaps.
  const Link::Handler last = std::exchange(side.handler, {});
  if (last.on_closed) last.on_closed(std::move(arrived.status));
}

void WireTalk::Send(int from, std::string message) {
  Side& side = sides_[1 - from];
  if (side.end_sent || sides_[from].end_sent) return;
  if (topic_ == Network::Topic::kControl) {
    wire_->options_.on_control(sides_[from].end.host, side.end.host, message);
    MaybeRepeat(from, message);
  }
  Put(1 - from,
      {.kind = Arriving::Kind::kMessage, .message = std::move(message)},
      wire_->Delay());
}

void WireTalk::MaybeRepeat(int from, const std::string& message) {
  Scheduler& scheduler = *wire_->options_.scheduler;
  FaultBook& faults = *wire_->options_.faults;
  // Few are looked into.
  if (!faults.Has(Fault::kMessageRepeated) || faults.rng().Below(8) != 0 ||
      !MayComeTwice(message, /*to_job_manager=*/from == 0) ||
      !faults.Roll(Fault::kMessageRepeated)) {
    return;
  }
  scheduler.Post(nullptr, scheduler.Jitter(kRepeatNanos),
                 [self = shared_from_this(), from, message] {
                   if (self->sides_[1 - from].end_sent ||
                       self->sides_[from].end_sent) {
                     return;
                   }
                   self->Put(1 - from,
                             {.kind = Arriving::Kind::kMessage,
                              .message = message},
                             self->wire_->Delay());
                 });
}

void WireTalk::TellEnd(int side, absl::Status status, int64_t delay_nanos,
                       bool from_afar) {
  if (std::exchange(sides_[side].end_sent, true)) return;
  if (!sides_[side].hears || sides_[side].end.process == nullptr) return;
  Put(side,
      {.kind = Arriving::Kind::kEnd,
       .status = std::move(status),
       .from_afar = from_afar},
      delay_nanos);
}

void WireTalk::Leave(int side) {
  Side& mine = sides_[side];
  mine.hears = false;
  mine.arriving.clear();
  mine.under_way_bytes = 0;
  mine.end_sent = true;
  SayHungUp(side);
  const Link::Handler last = std::exchange(mine.handler, {});
  TellEnd(1 - side, Gone(mine.end.host), wire_->Delay(), /*from_afar=*/true);
}

void WireTalk::EndAt(int side) {
  LoseSome(0);
  LoseSome(1);
  TellEnd(side, Gone("this side"), 0, /*from_afar=*/false);
  TellEnd(1 - side, Gone(sides_[side].end.host), wire_->Delay(),
          /*from_afar=*/true);
}

void WireTalk::SayHungUp(int side) {
  if (topic_ != Network::Topic::kControl) return;
  wire_->options_.on_hung_up(sides_[side].end.host, sides_[1 - side].end.host);
}

void WireTalk::LoseSome(int to) {
  Side& side = sides_[to];
  if (side.end_sent) return;
  const bool blocked = wire_->FreeAt(sides_[1 - to].end.host, side.end.host) >
                       wire_->options_.scheduler->clock().nanos();
  const size_t stay =
      blocked ? 0
              : wire_->options_.faults->rng().Below(side.arriving.size() + 1);
  while (side.arriving.size() > stay) {
    side.under_way_bytes -=
        static_cast<int64_t>(side.arriving.back().message.size());
    side.arriving.pop_back();
  }
}

void WireTalk::Die(int side) {
  Side& dead = sides_[side];
  dead.hears = false;
  dead.end_sent = true;
  dead.arriving.clear();
  SayHungUp(side);
  LoseSome(1 - side);
  TellEnd(1 - side, Gone(dead.end.host), wire_->Delay(), /*from_afar=*/true);
}

void WireTalk::Break() {
  Scheduler& scheduler = *wire_->options_.scheduler;
  const int late = static_cast<int>(scheduler.Jitter(2));
  for (int i = 0; i < 2; ++i) {
    LoseSome(i);
    TellEnd(i, absl::UnavailableError("the connection broke"),
            i == late ? scheduler.Jitter(kHalfOpenNanos) : 0,
            /*from_afar=*/false);
  }
}

}  // namespace millrace::sim
