#include "runtime/exchange/frame.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/data_format.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/batch_wire.h"

namespace millrace {
namespace {

constexpr uint8_t kFormat = kDataFormat;
constexpr uint8_t kHello = 0;
constexpr uint8_t kFrame = 1;
// Where a frame says how many bytes its entries are.
constexpr size_t kEntryBytesAt = 2;

enum EntryKind : uint8_t {
  kBatch = 0,
  kWatermark = 1,
  kBarrier = 2,
  kIdleness = 3,
  kEndOfInput = 4,
  kCreditLimit = 5,
  kCreditWanted = 6,
  kLatencyMarker = 7,
};

template <typename T>
void Put(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void PutName(const std::string& name, std::string& out) {
  Put(static_cast<uint16_t>(name.size()), out);
  out.append(name);
}

void PutHead(EntryKind kind, const ChannelName& channel, uint32_t length,
             std::string& out) {
  Put(kind, out);
  Put(channel.edge, out);
  Put(channel.sender, out);
  Put(channel.receiver, out);
  Put(length, out);
}

template <typename T>
void PutNumber(EntryKind kind, const ChannelName& channel, T number,
               std::string& out) {
  PutHead(kind, channel, sizeof(number), out);
  Put(number, out);
}

void PutEvent(const ChannelName& channel, const StreamEvent& event,
              std::string& out) {
  if (const auto* watermark = std::get_if<WatermarkEvent>(&event)) {
    PutNumber(kWatermark, channel, watermark->watermark_ms, out);
  } else if (const auto* barrier = std::get_if<BarrierEvent>(&event)) {
    const int64_t checkpoint = barrier->checkpoint.value();
    PutHead(kBarrier, channel,
            sizeof(checkpoint) + sizeof(barrier->triggered_micros), out);
    Put(checkpoint, out);
    Put(barrier->triggered_micros, out);
  } else if (const auto* idleness = std::get_if<IdlenessEvent>(&event)) {
    PutNumber(kIdleness, channel, static_cast<uint8_t>(idleness->idle), out);
  } else if (const auto* marker = std::get_if<LatencyMarkerEvent>(&event)) {
    const int32_t source = marker->source.value();
    PutHead(kLatencyMarker, channel,
            sizeof(source) + sizeof(marker->read_micros), out);
    Put(source, out);
    Put(marker->read_micros, out);
  } else {
    PutHead(kEndOfInput, channel, 0, out);
  }
}

// `bytes`: what the values of a batch take, however few travel.
int64_t CostOf(size_t bytes) {
  return std::max(FrameWriter::kLeastCost, static_cast<int64_t>(bytes));
}

absl::Status NoMessage() {
  return absl::DataLossError("received bytes are no message of a data link");
}

absl::Status OtherFormat(int format) {
  return absl::DataLossError(absl::StrCat(
      "received bytes are of format ", format,
      " of data links, this process reads ", int{kFormat}));
}

// Reads a message from its beginning on.
class Cursor {
 public:
  explicit Cursor(absl::string_view bytes) : rest_(bytes) {}

  template <typename T>
  bool Get(T& value) {
    if (rest_.size() < sizeof(value)) return false;
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_.remove_prefix(sizeof(value));
    return true;
  }
  bool Get(size_t size, absl::string_view& bytes) {
    if (rest_.size() < size) return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool GetName(std::string& name) {
    uint16_t size = 0;
    absl::string_view bytes;
    if (!Get(size) || !Get(size, bytes)) return false;
    name = std::string(bytes);
    return true;
  }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

absl::StatusOr<DataMessage> ParseHello(Cursor cursor) {
  Hello hello;
  for (Hello::Side* side : {&hello.from, &hello.to}) {
    if (!cursor.Get(side->life) || !cursor.GetName(side->name)) {
      return NoMessage();
    }
  }
  if (!cursor.rest().empty()) return NoMessage();
  return hello;
}

// The whole payload as one number.
template <typename T>
bool IsNumber(absl::string_view payload, T& number) {
  if (payload.size() != sizeof(number)) return false;
  std::memcpy(&number, payload.data(), sizeof(number));
  return true;
}

absl::Status ParseBarrier(absl::string_view payload, FrameEntry& entry) {
  Cursor cursor(payload);
  int64_t checkpoint = 0;
  int64_t triggered_micros = 0;
  if (!cursor.Get(checkpoint) || !cursor.Get(triggered_micros) ||
      !cursor.rest().empty()) {
    return NoMessage();
  }
  entry.content = StreamEvent(
      BarrierEvent{CheckpointId(checkpoint), triggered_micros});
  return absl::OkStatus();
}

absl::Status ParseLatencyMarker(absl::string_view payload,
                                FrameEntry& entry) {
  Cursor cursor(payload);
  int32_t source = 0;
  int64_t read_micros = 0;
  if (!cursor.Get(source) || !cursor.Get(read_micros) ||
      !cursor.rest().empty()) {
    return NoMessage();
  }
  entry.content =
      StreamEvent(LatencyMarkerEvent{VertexId(source), read_micros});
  return absl::OkStatus();
}

absl::Status ParsePayload(uint8_t kind, absl::string_view payload,
                          const ChunkRef& holder, FrameEntry& entry) {
  int64_t number = 0;
  uint8_t flag = 0;
  switch (kind) {
    case kBatch: {
      const bool is_most = payload.size() * 2 >= holder->capacity_bytes();
      size_t spared_bytes = 0;
      ASSIGN_OR_RETURN(Batch batch,
                       ParseBatch(payload, is_most ? holder : nullptr,
                                  &spared_bytes));
      entry.content = StreamEvent(std::move(batch));
      entry.cost_bytes = CostOf(payload.size() + spared_bytes);
      return absl::OkStatus();
    }
    case kWatermark:
      if (!IsNumber(payload, number)) return NoMessage();
      entry.content = StreamEvent(WatermarkEvent{number});
      return absl::OkStatus();
    case kBarrier:
      return ParseBarrier(payload, entry);
    case kIdleness:
      if (!IsNumber(payload, flag) || flag > 1) return NoMessage();
      entry.content = StreamEvent(IdlenessEvent{flag == 1});
      return absl::OkStatus();
    case kEndOfInput:
      if (!payload.empty()) return NoMessage();
      entry.content = StreamEvent(EndOfInputEvent{});
      return absl::OkStatus();
    case kCreditLimit:
      if (!IsNumber(payload, number)) return NoMessage();
      entry.content = CreditLimit{number};
      return absl::OkStatus();
    case kCreditWanted:
      if (!payload.empty()) return NoMessage();
      entry.content = CreditWanted{};
      return absl::OkStatus();
    case kLatencyMarker:
      return ParseLatencyMarker(payload, entry);
    default:
      return NoMessage();
  }
}

absl::StatusOr<DataMessage> ParseFrame(Cursor cursor, const ChunkRef& holder) {
  Frame frame;
  uint32_t entry_bytes = 0;
  if (!cursor.Get(entry_bytes) || !cursor.Get(frame.attempt) ||
      !cursor.GetName(frame.job_id) || cursor.rest().size() != entry_bytes) {
    return NoMessage();
  }
  while (!cursor.rest().empty()) {
    uint8_t kind = 0;
    uint32_t length = 0;
    absl::string_view payload;
    FrameEntry entry;
    if (!cursor.Get(kind) || !cursor.Get(entry.channel.edge) ||
        !cursor.Get(entry.channel.sender) ||
        !cursor.Get(entry.channel.receiver) || !cursor.Get(length) ||
        !cursor.Get(length, payload)) {
      return NoMessage();
    }
    entry.cost_bytes = FrameWriter::kLeastCost;
    RETURN_IF_ERROR(ParsePayload(kind, payload, holder, entry));
    frame.entries.push_back(std::move(entry));
  }
  return frame;
}

}  // namespace

absl::StatusOr<DataMessage> ParseDataMessage(std::string message) {
  Cursor head(message);
  uint8_t format = 0;
  uint8_t kind = 0;
  if (!head.Get(format) || !head.Get(kind)) return NoMessage();
  if (format != kFormat) return OtherFormat(format);
  if (kind == kHello) return ParseHello(head);
  if (kind != kFrame || head.rest().size() < Chunk::kPadding) {
    return NoMessage();
  }
  const auto chunk = std::make_shared<const Chunk>(std::move(message));
  return ParseFrame(
      Cursor(absl::string_view(chunk->data(), chunk->capacity_bytes())
                 .substr(sizeof(format) + sizeof(kind))),
      chunk);
}

std::string EncodeHello(const Hello& hello) {
  std::string out;
  Put(kFormat, out);
  Put(kHello, out);
  for (const Hello::Side* side : {&hello.from, &hello.to}) {
    Put(side->life, out);
    PutName(side->name, out);
  }
  return out;
}

FrameWriter::FrameWriter(std::string job_id, int64_t attempt)
    : job_id_(std::move(job_id)), attempt_(attempt) {
  Begin();
}

void FrameWriter::Begin() {
  Put(kFormat, bytes_);
  Put(kFrame, bytes_);
  Put(uint32_t{0}, bytes_);  // Known at last.
  Put(attempt_, bytes_);
  PutName(job_id_, bytes_);
  head_bytes_ = bytes_.size();
}

std::optional<int64_t> FrameWriter::Add(const ChannelName& channel,
                                        const StreamEvent& event) {
  const size_t begin = bytes_.size();
  const Batch* batch = std::get_if<Batch>(&event);
  if (batch == nullptr) {
    PutEvent(channel, event, bytes_);
    return kLeastCost;
  }
  PutHead(kBatch, channel, 0, bytes_);
  const size_t payload = bytes_.size();
  const size_t limit =
      batch->selected_count() > 1 ? kMostBatchBytes : kMostRowBytes;
  size_t spared_bytes = 0;
  if (!AppendBatch(*batch, limit, bytes_, &spared_bytes)) {
    bytes_.resize(begin);
    return std::nullopt;
  }
  const auto length = static_cast<uint32_t>(bytes_.size() - payload);
  std::memcpy(bytes_.data() + payload - sizeof(length), &length,
              sizeof(length));
  return CostOf(length + spared_bytes);
}

void FrameWriter::Add(const ChannelName& channel, CreditLimit limit) {
  PutNumber(kCreditLimit, channel, limit.limit_bytes, bytes_);
}

void FrameWriter::Add(const ChannelName& channel, CreditWanted) {
  PutHead(kCreditWanted, channel, 0, bytes_);
}

std::string FrameWriter::Take() {
  const auto entry_bytes = static_cast<uint32_t>(bytes_.size() - head_bytes_);
  std::memcpy(bytes_.data() + kEntryBytesAt, &entry_bytes,
              sizeof(entry_bytes));
  bytes_.append(Chunk::kPadding, '\0');
  std::string message;
  if (bytes_.size() < bytes_.capacity() / 2) {
    // Room for a full frame is not given away with a small one.
    message = bytes_;
    bytes_.clear();
  } else {
    message = std::exchange(bytes_, std::string());
    bytes_.reserve(std::min(message.capacity(), 2 * kFullBytes));
  }
  Begin();
  return message;
}

}  // namespace millrace
