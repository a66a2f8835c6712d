#include "runtime/exchange/remote_traffic.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/exchange/channel_columns.h"

namespace millrace {
namespace {

// What is collected for one frame stays in a core's cache.
constexpr int64_t kMostCompression = 4;

// The rows [begin, end) of those that count in `batch`.
Batch SliceOf(const Batch& batch, uint32_t begin, uint32_t end) {
  auto rows = std::make_shared<std::vector<uint32_t>>();
  const Selection selection = batch.selection();
  for (uint32_t i = begin; i < end; ++i) rows->push_back(selection[i]);
  Batch slice = batch;
  slice.selected = std::move(rows);
  return slice;
}

}  // namespace

RemoteTraffic::RemoteTraffic(Options options)
    : options_(std::move(options)),
      frame_(options_.job_id, options_.attempt) {}

void RemoteTraffic::AddSender(const ChannelName& channel, Ring* ring) {
  senders_.push_back(
      std::make_unique<Sender>(Sender{.channel = channel, .ring = ring}));
  sender_of_[channel] = senders_.back().get();
  frame_.Add(channel, CreditWanted{});
}

void RemoteTraffic::AddReceiver(const ChannelName& channel, Ring* ring,
                                const std::vector<LogicalType>* columns) {
  receivers_.push_back(std::make_unique<Receiver>(
      Receiver{.channel = channel,
               .ring = ring,
               .credit = ReceiverCredit(options_.window_bytes),
               .columns = columns}));
  Receiver* receiver = receivers_.back().get();
  receiver_of_[channel] = receiver;
  frame_.Add(channel, CreditLimit{receiver->credit.limit_bytes()});
}

void RemoteTraffic::AnnounceAll() {
  for (const auto& sender : senders_) {
    frame_.Add(sender->channel, CreditWanted{});
  }
  for (const auto& receiver : receivers_) {
    frame_.Add(receiver->channel,
               CreditLimit{receiver->credit.limit_bytes()});
  }
}

absl::Status RemoteTraffic::Take(FrameEntry entry) {
  if (auto* event = std::get_if<StreamEvent>(&entry.content)) {
    return TakeEvent(entry.channel, std::move(*event), entry.cost_bytes);
  }
  if (const auto* limit = std::get_if<CreditLimit>(&entry.content)) {
    // One that is not here yet asks when it is.
    const auto found = sender_of_.find(entry.channel);
    if (found != sender_of_.end()) {
      found->second->credit.Raise(limit->limit_bytes);
    }
    return absl::OkStatus();
  }
  // One that is not here yet says its limit when it is.
  const auto found = receiver_of_.find(entry.channel);
  if (found != receiver_of_.end()) {
    frame_.Add(entry.channel,
               CreditLimit{found->second->credit.limit_bytes()});
  }
  return absl::OkStatus();
}

absl::Status RemoteTraffic::TakeEvent(const ChannelName& channel,
                                      StreamEvent event, int64_t cost_bytes) {
  const auto found = receiver_of_.find(channel);
  if (found == receiver_of_.end() ||
      !found->second->credit.Received(cost_bytes)) {
    return absl::DataLossError(absl::StrCat(
        "received without credit: edge ", channel.edge, " from subtask ",
        channel.sender, " to subtask ", channel.receiver));
  }
  Receiver& receiver = *found->second;
  if (const auto* batch = std::get_if<Batch>(&event);
      batch != nullptr && receiver.columns != nullptr) {
    RETURN_IF_ERROR(CheckColumns(*batch, *receiver.columns));
  }
  if (receiver.waiting.empty() && receiver.ring->Offer(event)) {
    Passed(receiver, cost_bytes);
  } else {
    receiver.waiting.push_back({std::move(event), cost_bytes});
  }
  return absl::OkStatus();
}

void RemoteTraffic::Passed(Receiver& receiver, int64_t cost_bytes) {
  if (const std::optional<int64_t> limit = receiver.credit.Passed(cost_bytes)) {
    frame_.Add(receiver.channel, CreditLimit{*limit});
  }
}

void RemoteTraffic::PassOn() {
  for (const auto& receiver : receivers_) PassOn(*receiver);
}

void RemoteTraffic::PassOn(Receiver& receiver) {
  while (!receiver.waiting.empty()) {
    Waiting& first = receiver.waiting.front();
    if (!receiver.ring->Offer(first.event)) return;
    Passed(receiver, first.cost_bytes);
    receiver.waiting.pop_front();
  }
}

bool RemoteTraffic::IsPressing() const {
  if (!frame_.empty()) return true;
  int64_t sendable_bytes = 0;
  for (const auto& sender : senders_) {
    if (!sender->credit.MaySend()) continue;
    if (!sender->pieces.empty() || sender->ring->IsHalfFull()) return true;
    sendable_bytes += sender->ring->size_bytes();
  }
  return sendable_bytes >=
         compression_ * static_cast<int64_t>(FrameWriter::kFullBytes);
}

std::string RemoteTraffic::TakeMessage() {
  std::string message = frame_.Take();
  if (taken_bytes_ > 0) {
    compression_ = std::clamp<int64_t>(
        taken_bytes_ / static_cast<int64_t>(message.size()), 1,
        kMostCompression);
    taken_bytes_ = 0;
  }
  return message;
}

absl::StatusOr<bool> RemoteTraffic::Fill() {
  size_t without = 0;  // Senders in a row that had nothing to send.
  while (!frame_.IsFull() && without < senders_.size()) {
    Sender& sender = *senders_[next_];
    next_ = next_ + 1 == senders_.size() ? 0 : next_ + 1;
    ASSIGN_OR_RETURN(const bool sent, SendOne(sender));
    without = sent ? 0 : without + 1;
  }
  return !frame_.empty();
}

absl::StatusOr<bool> RemoteTraffic::SendOne(Sender& sender) {
  if (!sender.credit.MaySend()) return false;
  if (!sender.pieces.empty()) {
    const StreamEvent piece = std::move(sender.pieces.front());
    sender.pieces.pop_front();
    return SendEvent(sender, piece);
  }
  const int64_t before = sender.ring->taken_bytes();
  const std::optional<StreamEvent> event = sender.ring->Take();
  if (!event) return false;
  taken_bytes_ += sender.ring->taken_bytes() - before;
  return SendEvent(sender, *event);
}

absl::StatusOr<bool> RemoteTraffic::SendEvent(Sender& sender,
                                              const StreamEvent& event) {
  if (const auto cost = frame_.Add(sender.channel, event)) {
    sender.credit.Sent(*cost);
    return true;
  }
  const Batch& batch = std::get<Batch>(event);
  const uint32_t rows = batch.selected_count();
  if (rows == 1) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "a row on its way to subtask ", sender.channel.receiver,
        " is larger than ", FrameWriter::kMostRowBytes,
        " bytes, and such a row is not sent to another process"));
  }
  sender.pieces.push_front(SliceOf(batch, rows / 2, rows));
  sender.pieces.push_front(SliceOf(batch, 0, rows / 2));
  return true;
}

}  // namespace millrace
