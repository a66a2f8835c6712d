#pragma once

#include <compare>
#include <cstdint>

#include "runtime/base/waker.h"
#include "runtime/exchange/ring.h"

namespace millrace {

// One sending subtask to one receiving subtask along an edge of the plan: the
// same name at both ends.
struct ChannelName {
  int32_t edge = 0;  // Index into JobPlan::edges.
  int32_t sender = 0;
  int32_t receiver = 0;

  friend auto operator<=>(const ChannelName&, const ChannelName&) = default;
};

// The channels of one attempt that lead to, or come from, other processes. A
// remote channel looks like any other to a subtask: a Ring whose other end
// somebody carries to the ring of the same name at the other process. Its two
// rings and a window of bytes between them bound what is under way: credits are
// given for what the receiver's ring has taken (remote_traffic.h).
//
// Called while the attempt is built, before anything of it runs. Rings belong
// to this object, which outlives the tasklets.
class RemoteChannels {
 public:
  virtual ~RemoteChannels() = default;

  // What the subtask here, woken by `producer`, offers goes to process `to`.
  virtual Ring* OpenSender(const ChannelName& channel, int to,
                           Waker* producer) = 0;
  // What process `from` sends is taken by the subtask that `consumer` wakes.
  virtual Ring* OpenReceiver(const ChannelName& channel, int from,
                             Waker* consumer) = 0;
};

}  // namespace millrace
