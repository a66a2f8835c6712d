#include "connectors/kafka/exactly_once/sealed_epoch.h"

#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/hash.h"

namespace millrace::kafka {
namespace {

constexpr absl::string_view kMagic = "MKE1";
constexpr absl::string_view kFiles = "files";

// Writes the fields of the drawing.
class EpochEncoder {
 public:
  template <typename T>
  void Number(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void Text(absl::string_view text) {
    MILLRACE_CHECK(text.size() <= std::numeric_limits<uint16_t>::max());
    Number(static_cast<uint16_t>(text.size()));
    absl::StrAppend(&out_, text);
  }
  std::string& out() { return out_; }

 private:
  std::string out_ = std::string(kMagic);
};

// Reads them; after the first that is cut off everything is 0 and empty.
class EpochDecoder {
 public:
  explicit EpochDecoder(absl::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T Number() {
    T value = 0;
    const absl::string_view bytes = Take(sizeof value);
    if (bytes.size() == sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return value;
  }
  std::string Text() { return std::string(Take(Number<uint16_t>())); }
  absl::string_view Take(size_t size) {
    whole_ &= size <= rest_.size();
    if (!whole_) return {};
    const absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool is_whole() const { return whole_; }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
  bool whole_ = true;
};

void PutAcknowledged(const std::optional<AcknowledgedMarker>& marker,
                     EpochEncoder& encoder) {
  encoder.Number(static_cast<uint8_t>(marker.has_value()));
  if (!marker) return;
  encoder.Text(marker->position.lineage);
  encoder.Number(marker->position.sequence);
  encoder.Number(marker->position.chunk);
  encoder.Number(marker->offset);
}

std::optional<AcknowledgedMarker> TakeAcknowledged(EpochDecoder& decoder) {
  if (decoder.Number<uint8_t>() == 0) return std::nullopt;
  AcknowledgedMarker marker;
  marker.position.lineage = decoder.Text();
  marker.position.sequence = decoder.Number<int64_t>();
  marker.position.chunk = decoder.Number<int32_t>();
  marker.offset = decoder.Number<int64_t>();
  return marker;
}

}  // namespace

int64_t SealedEpoch::size_bytes() const {
  int64_t size = 0;
  for (const Chunk& chunk : chunks) size += chunk.size_bytes;
  return size;
}

Committable SealedEpoch::ToCommittable() const {
  EpochEncoder encoder;
  encoder.Text(lineage);
  encoder.Text(transactional_id);
  encoder.Text(commits_topic);
  encoder.Number(partition);
  encoder.Number(sequence);
  PutAcknowledged(acknowledged, encoder);
  encoder.Number(static_cast<uint16_t>(topics.size()));
  for (const std::string& topic : topics) encoder.Text(topic);
  encoder.Number(static_cast<uint32_t>(chunks.size()));
  for (const Chunk& chunk : chunks) {
    encoder.Number(chunk.size_bytes);
    encoder.Number(chunk.records);
  }
  encoder.Text(files.empty() ? absl::string_view() : kFiles);
  for (const OutputFile& file : files) {
    encoder.Text(file.name);
    encoder.Number(file.crc32c);
  }
  encoder.Number(HashBytes(encoder.out()));
  return {std::move(encoder.out()) + inlined};
}

absl::StatusOr<SealedEpoch> SealedEpoch::From(const Committable& committable) {
  const absl::string_view bytes = committable.bytes;
  EpochDecoder decoder(bytes);
  const bool ours = decoder.Take(kMagic.size()) == kMagic;
  SealedEpoch epoch;
  epoch.lineage = decoder.Text();
  epoch.transactional_id = decoder.Text();
  epoch.commits_topic = decoder.Text();
  epoch.partition = decoder.Number<int32_t>();
  epoch.sequence = decoder.Number<int64_t>();
  epoch.acknowledged = TakeAcknowledged(decoder);
  for (int count = decoder.Number<uint16_t>(); count > 0; --count) {
    epoch.topics.push_back(decoder.Text());
  }
  for (uint32_t count = decoder.Number<uint32_t>();
       count > 0 && decoder.is_whole(); --count) {
    Chunk& chunk = epoch.chunks.emplace_back();
    chunk.size_bytes = decoder.Number<int64_t>();
    chunk.records = decoder.Number<int32_t>();
  }
  if (decoder.Text() == kFiles) {
    for (const Chunk& chunk : epoch.chunks) {
      OutputFile& file = epoch.files.emplace_back();
      file.name = decoder.Text();
      file.size_bytes = chunk.size_bytes;
      file.crc32c = decoder.Number<uint32_t>();
    }
  }
  const size_t covered = bytes.size() - decoder.rest().size();
  const auto checksum = decoder.Number<uint64_t>();
  if (!ours || !decoder.is_whole() ||
      checksum != HashBytes(bytes.substr(0, covered))) {
    return absl::DataLossError(
        "output that a Kafka sink left in the checkpoint is unreadable");
  }
  epoch.inlined = std::string(decoder.rest());
  const int64_t inlined_bytes = epoch.files.empty() ? epoch.size_bytes() : 0;
  if (inlined_bytes != static_cast<int64_t>(epoch.inlined.size())) {
    return absl::DataLossError(
        "output that a Kafka sink left in the checkpoint is cut off");
  }
  return epoch;
}

}  // namespace millrace::kafka
