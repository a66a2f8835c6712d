#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "runtime/base/network.h"
#include "tests/sim/nodes/wire.h"

namespace millrace::sim {

// One conversation: side 0 has dialled, side 1 takes it.
class WireTalk : public std::enable_shared_from_this<WireTalk> {
 public:
  struct End {
    ProcessRef process;  // Null: nobody is there.
    std::string host;
  };

  WireTalk(Wire* wire, Network::Topic topic, End dials, End takes,
           Network::Acceptor acceptor, Link::Handler dialler);

  // Begins to connect.
  void Dial();
  void Send(int from, std::string message);
  // The link of that side is gone: it hears nothing any more.
  void Leave(int side);
  // The side's process, or its listener, ends it at once.
  void EndAt(int side);
  // A side has died; the other hears some of what it said, and then of it.
  void Die(int side);
  // Breaks for both.
  void Break();

  int64_t queued_bytes(int from) const {
    return sides_[1 - from].under_way_bytes;
  }
  bool is_over() const { return sides_[0].end_sent && sides_[1].end_sent; }
  bool joins(const std::string& one, const std::string& other) const;
  // The side that the process has; -1: none.
  int SideOf(const ProcessRef& process) const;

 private:
  struct Arriving {
    enum class Kind { kOpen, kMessage, kEnd } kind;
    std::string message;
    absl::Status status;
    bool from_afar = true;  // Else known without the other side.
  };
  struct Side {
    End end;
    Link::Handler handler;
    bool hears = true;
    bool end_sent = false;  // Nothing is put behind it.
    std::deque<Arriving> arriving;
    int64_t under_way_bytes = 0;
    int64_t last_arrival_nanos = 0;
  };

  void Put(int side, Arriving arriving, int64_t delay_nanos);
  void Arrive(int side);
  void Accept();
  void MaybeRepeat(int from, const std::string& message);
  void SayHungUp(int side);
  // Leaves some first part of what is under way to the side.
  void LoseSome(int side);
  void TellEnd(int side, absl::Status status, int64_t delay_nanos,
               bool from_afar);

  Wire* const wire_;
  const Network::Topic topic_;
  Network::Acceptor acceptor_;
  bool opened_ = false;
  Side sides_[2];
};

}  // namespace millrace::sim
