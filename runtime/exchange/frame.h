#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/exchange/remote_channels.h"
#include "runtime/exchange/stream_event.h"

namespace millrace {

// What two processes send one another over a data link, one message at a time.
// Numbers are little-endian and not aligned.
//
//   Hello, the first message, of the side that dialled
//     u8 format = kDataFormat, u8 kind = 0
//     i64 life, u16 length and bytes of the name: who dials
//     i64 life, u16 length and bytes of the name: who is meant
//
//   Frame: what is under way between two processes for one attempt of a job
//     u8 format = kDataFormat, u8 kind = 1
//     u32 bytes of the entries
//     i64 attempt, u16 length and bytes of the job id
//     entries
//     Chunk::kPadding zeros, so that strings can stay where they arrived
//
//   Entry
//     u8   what follows
//     i32  edge, i32 sender, i32 receiver: the channel
//     u32  length of the payload
//     payload: 0 batch          batch_wire.h
//              1 watermark      i64 ms
//              2 barrier        i64 checkpoint, i64 wall microseconds
//              3 idleness       u8, 1 = idle
//              4 end of input   nothing
//              5 credit limit   i64 bytes, from the receiver
//              6 credit wanted  nothing, from the sender
//              7 latency marker i32 source, i64 wall microseconds
//
// Nothing of it is stored, and both ends are of one format: kDataFormat
// (runtime/base/data_format.h), which rises with every change of this drawing.

struct Hello {
  struct Side {
    std::string name;
    int64_t life = 0;

    friend auto operator<=>(const Side&, const Side&) = default;
  };
  Side from;
  Side to;
};

// All that may be sent on a channel since it began, see credit_ledger.h.
struct CreditLimit {
  int64_t limit_bytes = 0;
};
// The sender knows of no limit yet.
struct CreditWanted {};

struct FrameEntry {
  ChannelName channel;
  std::variant<StreamEvent, CreditLimit, CreditWanted> content;
  // What a stream event uses of its channel's credit.
  int64_t cost_bytes = 0;
};

struct Frame {
  std::string job_id;
  int64_t attempt = 0;
  std::vector<FrameEntry> entries;
};

using DataMessage = std::variant<Hello, Frame>;

// The message that `message` is. kDataLoss: the bytes, which may be anything,
// are none. Strings of its batches lie in `message` itself where a batch is
// most of it, so that a small one does not keep a large frame.
absl::StatusOr<DataMessage> ParseDataMessage(std::string message);

std::string EncodeHello(const Hello& hello);

// Writes one frame after the other. Not thread-safe.
class FrameWriter {
 public:
  // What a frame is filled to while there is something to put into it: sending
  // costs as much for a frame of a tenth.
  static constexpr size_t kFullBytes = 128 << 10;
  // A batch of more is sent in pieces: so much at once is no gain, and holds
  // up the other channels.
  static constexpr size_t kMostBatchBytes = 4 << 20;
  // Of a row that is a batch by itself: below Network::kMaxMessageBytes.
  static constexpr size_t kMostRowBytes = 60 << 20;
  // What an event costs at least, so that those without bytes are bounded too.
  static constexpr int64_t kLeastCost = 1024;

  FrameWriter(std::string job_id, int64_t attempt);

  // How much of the channel's credit the event uses. nullopt: it is a batch
  // that has to be cut into pieces, or a row that is too large for any frame;
  // nothing was written.
  std::optional<int64_t> Add(const ChannelName& channel,
                             const StreamEvent& event);
  void Add(const ChannelName& channel, CreditLimit limit);
  void Add(const ChannelName& channel, CreditWanted wanted);

  bool empty() const { return bytes_.size() == head_bytes_; }
  bool IsFull() const { return bytes_.size() >= kFullBytes; }

  // The message; a new frame begins. REQUIRES: not empty.
  std::string Take();

 private:
  void Begin();

  const std::string job_id_;
  const int64_t attempt_;
  std::string bytes_;
  size_t head_bytes_ = 0;
};

}  // namespace millrace
