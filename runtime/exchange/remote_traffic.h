#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/exchange/credit_ledger.h"
#include "runtime/exchange/frame.h"
#include "runtime/exchange/ring.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// The channels of one attempt between this process and one other: takes events
// out of the rings of senders here into frames, as far as the receivers there
// have credit, and passes what arrives on to the rings of receivers here.
//
// Under way on one channel are at most the sender's ring, a window, and the
// receiver's ring, each and one event. A receiver that takes nothing holds up
// its own channel only. Owned by one thread, which is the consumer of the
// senders' rings and the producer of the receivers'.
class RemoteTraffic {
 public:
  struct Options {
    std::string job_id;
    int64_t attempt = 0;
    // What is sent on a channel beyond what its receiver's ring has taken: the
    // same as a ring. Some milliseconds of what a core can send, so that the
    // answer comes before it is used up.
    int64_t window_bytes = 1 << 20;
  };
  explicit RemoteTraffic(Options options);

  // Rings outlive this. The first announcement is due at once. `columns`, which
  // outlives it too, is what batches that arrive must lie as; null: anything.
  void AddSender(const ChannelName& channel, Ring* ring);
  void AddReceiver(const ChannelName& channel, Ring* ring,
                   const std::vector<LogicalType>* columns = nullptr);

  // Whatever was announced before may not have arrived: the other process did
  // not know the attempt yet, or the link is a new one.
  void AnnounceAll();

  // Something has arrived. kDataLoss: the other side does not keep the rules,
  // or runs another plan.
  absl::Status Take(FrameEntry entry);

  // Offers again what receivers' rings refused. A ring that refuses wakes its
  // producer when it has room.
  void PassOn();

  // Whether a frame should not wait for more: it would be full, or says what
  // the other side waits for.
  bool IsPressing() const;

  // Fills the frame from the senders' rings in turn; false when nothing is to
  // be sent now. kResourceExhausted: a row that fits into no message.
  absl::StatusOr<bool> Fill();
  // REQUIRES: Fill said true. The message to send.
  std::string TakeMessage();

 private:
  struct Sender {
    ChannelName channel;
    Ring* ring;
    SenderCredit credit;
    // A batch that was too large for one frame, cut into these.
    std::deque<Batch> pieces;
  };
  struct Waiting {
    StreamEvent event;
    int64_t cost_bytes;
  };
  struct Receiver {
    ChannelName channel;
    Ring* ring;
    ReceiverCredit credit;
    const std::vector<LogicalType>* columns;
    std::deque<Waiting> waiting;  // What the ring refused, in order.
  };

  absl::Status TakeEvent(const ChannelName& channel, StreamEvent event,
                         int64_t cost_bytes);
  void PassOn(Receiver& receiver);
  void Passed(Receiver& receiver, int64_t cost_bytes);
  // Sends one event of the channel, or the next piece of one; false: there is
  // none, or no credit.
  absl::StatusOr<bool> SendOne(Sender& sender);
  absl::StatusOr<bool> SendEvent(Sender& sender, const StreamEvent& event);

  const Options options_;
  FrameWriter frame_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::map<ChannelName, Sender*> sender_of_;
  std::map<ChannelName, Receiver*> receiver_of_;
  size_t next_ = 0;  // The sender whose turn it is.
  // Of batches, as rings count them, that are in the frame.
  int64_t taken_bytes_ = 0;
  // Ring bytes per frame byte, of the last frame.
  int64_t compression_ = 1;
};

}  // namespace millrace
