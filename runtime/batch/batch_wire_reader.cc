#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/batch_wire.h"

namespace millrace {
namespace {

// Of columns within columns: no type that SQL can write goes this deep, and
// the reader's stack takes it.
constexpr int kMostDepth = 64;
// Of all lists of a column. Elements without bytes are the only ones that the
// length of the message does not bound.
constexpr uint32_t kMostElements = 1 << 28;

absl::Status NoBatch(absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("received bytes are no batch: ", why));
}
absl::Status TooShort() { return NoBatch("they end too early"); }

class BatchReader {
 public:
  BatchReader(absl::string_view bytes, const ChunkRef& holder)
      : rest_(bytes), holder_(holder) {}

  absl::StatusOr<Batch> Read();

 private:
  struct Head {
    uint8_t physical;
    uint8_t flags;
    uint16_t children;
  };
  // What is known of a column before its first byte is read.
  struct Place {
    uint32_t rows;
    int depth;
    bool in_constant = false;  // A field of a constant row.
    bool in_list = false;
  };

  absl::StatusOr<VectorRef> Column(const Place& place);
  absl::StatusOr<Head> ReadHead(const Place& place);
  absl::Status Validity(uint32_t count, Vector& vector);
  absl::Status Values(const Head& head, const Place& place, Vector& vector);
  absl::Status Fixed(uint32_t count, Vector& vector);
  absl::Status Strings(uint32_t count, Vector& vector);
  absl::Status Lists(const Head& head, const Place& place, Vector& vector);
  absl::StatusOr<VectorRef> Kinds(uint32_t rows);
  absl::StatusOr<VectorRef> Hashes(uint32_t rows);

  template <typename T>
  bool Get(T& value) {
    const char* from = Bytes(sizeof(T));
    if (from != nullptr) std::memcpy(&value, from, sizeof(T));
    return from != nullptr;
  }
  // Null where there are fewer.
  const char* Bytes(uint64_t count) {
    if (count > rest_.size()) return nullptr;
    const char* bytes = rest_.data();
    rest_.remove_prefix(count);
    return bytes;
  }

  absl::string_view rest_;
  const ChunkRef& holder_;
};

absl::StatusOr<BatchReader::Head> BatchReader::ReadHead(const Place& place) {
  Head head;
  if (!Get(head.physical) || !Get(head.flags) || !Get(head.children)) {
    return TooShort();
  }
  if (place.depth > kMostDepth) return NoBatch("columns lie too deep");
  if (head.physical > static_cast<uint8_t>(PhysicalType::kNull)) {
    return NoBatch("an unknown type");
  }
  if ((head.flags & ~(batch_wire::kIsConstant | batch_wire::kHasValidity)) !=
      0) {
    return NoBatch("unknown flags");
  }
  const bool constant = (head.flags & batch_wire::kIsConstant) != 0;
  if ((place.in_constant && !constant) || (place.in_list && constant)) {
    return NoBatch("a constant out of place");
  }
  const auto physical = static_cast<PhysicalType>(head.physical);
  const bool childless = head.children == batch_wire::kNoChildren;
  switch (physical) {
    case PhysicalType::kRow:
      if (childless) return NoBatch("a row without its fields");
      break;
    case PhysicalType::kList:
      if (!childless && head.children != 1) return NoBatch("a list's children");
      break;
    case PhysicalType::kMap:
      if (!childless && head.children != 2) return NoBatch("a map's children");
      break;
    default:
      if (head.children != 0) return NoBatch("children of a plain value");
  }
  return head;
}

absl::StatusOr<VectorRef> BatchReader::Column(const Place& place) {
  ASSIGN_OR_RETURN(const Head head, ReadHead(place));
  const auto physical = static_cast<PhysicalType>(head.physical);
  const bool constant = (head.flags & batch_wire::kIsConstant) != 0;
  const uint32_t count = constant ? 1 : place.rows;
  // Each value has bytes to come, so what is allocated is bounded by them.
  const size_t least = physical == PhysicalType::kString ||
                               physical == PhysicalType::kList ||
                               physical == PhysicalType::kMap
                           ? sizeof(uint32_t)
                           : ValueWidth(physical);
  if (uint64_t{count} * least > rest_.size()) return TooShort();
  int children = head.children;
  if (children == batch_wire::kNoChildren) {
    children = physical == PhysicalType::kList ? 1 : 2;
  }
  auto vector = std::make_shared<Vector>(
      physical, std::max<uint32_t>(count, place.in_list ? 0 : 1), children);
  if ((head.flags & batch_wire::kHasValidity) != 0) {
    RETURN_IF_ERROR(Validity(count, *vector));
  }
  if (constant) vector->set_constant();
  RETURN_IF_ERROR(Values(
      head,
      {.rows = count, .depth = place.depth + 1, .in_constant = constant},
      *vector));
  return vector;
}

absl::Status BatchReader::Validity(uint32_t count, Vector& vector) {
  const uint32_t size = count / 8 + (count % 8 != 0);
  const char* bits = Bytes(size);
  if (bits == nullptr) return TooShort();
  if (size == 0) return absl::OkStatus();
  char* to = reinterpret_cast<char*>(vector.MutableValidity());
  std::memcpy(to, bits, size);
  // Nobody looks at the bits behind the last value; they stay as a new
  // vector's.
  if (count % 8 != 0) {
    to[size - 1] = static_cast<char>(to[size - 1] | (0xff << (count % 8)));
  }
  return absl::OkStatus();
}

absl::Status BatchReader::Values(const Head& head, const Place& place,
                                 Vector& vector) {
  switch (vector.physical()) {
    case PhysicalType::kString:
      return Strings(place.rows, vector);
    case PhysicalType::kList:
    case PhysicalType::kMap:
      return Lists(head, place, vector);
    case PhysicalType::kRow:
      for (int i = 0; i < head.children; ++i) {
        ASSIGN_OR_RETURN(VectorRef child, Column(place));
        vector.SetChild(i, std::move(child));
      }
      return absl::OkStatus();
    case PhysicalType::kNull:
      return absl::OkStatus();
    default:
      return Fixed(place.rows, vector);
  }
}

absl::Status BatchReader::Fixed(uint32_t count, Vector& vector) {
  const size_t size = ValueWidth(vector.physical()) * count;
  const char* values = Bytes(size);
  if (values == nullptr) return TooShort();
  if (size == 0) return absl::OkStatus();
  std::memcpy(vector.data<char>(), values, size);
  if (vector.physical() == PhysicalType::kBool) {
    uint8_t seen = 0;
    for (uint32_t i = 0; i < count; ++i) seen |= vector.data<uint8_t>()[i];
    if (seen > 1) return NoBatch("a BOOLEAN that is neither");
  }
  return absl::OkStatus();
}

absl::Status BatchReader::Strings(uint32_t count, Vector& vector) {
  const char* ends = Bytes(uint64_t{count} * sizeof(uint32_t));
  if (ends == nullptr) return TooShort();
  uint32_t end = 0;
  uint32_t longest = 0;
  bool falls = false;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t begin = end;
    std::memcpy(&end, ends + i * sizeof(end), sizeof(end));
    falls |= end < begin;
    longest = std::max(longest, end - begin);
  }
  if (falls) return NoBatch("a string ends before it begins");
  const char* text = Bytes(end);
  if (text == nullptr) return TooShort();
  if (longest > StringView::kInlineLimit) {
    if (holder_ != nullptr) {
      vector.AddChunk(holder_);
    } else {
      auto chunk = std::make_shared<Chunk>(end);
      std::memcpy(chunk->data(), text, end);
      text = chunk->data();
      vector.AddChunk(std::move(chunk));
    }
  }
  StringView* views = vector.data<StringView>();
  uint32_t begin = 0;
  for (uint32_t i = 0; i < count; ++i) {
    std::memcpy(&end, ends + i * sizeof(end), sizeof(end));
    views[i] = StringView(absl::string_view(text + begin, end - begin));
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status BatchReader::Lists(const Head& head, const Place& place,
                                Vector& vector) {
  const char* lengths = Bytes(uint64_t{place.rows} * sizeof(uint32_t));
  uint32_t elements = 0;
  if (lengths == nullptr || !Get(elements)) return TooShort();
  if (elements > kMostElements) return NoBatch("too many elements");
  ListEntry* entries = vector.data<ListEntry>();
  uint64_t offset = 0;
  for (uint32_t i = 0; i < place.rows; ++i) {
    uint32_t length = 0;
    std::memcpy(&length, lengths + i * sizeof(length), sizeof(length));
    entries[i] = {static_cast<uint32_t>(offset), length};
    offset += length;
  }
  if (offset != elements) return NoBatch("lists of another length");
  if (head.children == batch_wire::kNoChildren) {
    return elements == 0 ? absl::OkStatus()
                         : NoBatch("elements without their values");
  }
  for (int i = 0; i < head.children; ++i) {
    ASSIGN_OR_RETURN(VectorRef child, Column({.rows = elements,
                                              .depth = place.depth,
                                              .in_list = true}));
    vector.SetChild(i, std::move(child));
  }
  return absl::OkStatus();
}

absl::StatusOr<VectorRef> BatchReader::Kinds(uint32_t rows) {
  const char* kinds = Bytes(rows);
  if (kinds == nullptr) return TooShort();
  uint8_t seen = 0;
  for (uint32_t i = 0; i < rows; ++i) seen |= static_cast<uint8_t>(kinds[i]);
  if (seen > static_cast<uint8_t>(RowKind::kDelete)) {
    return NoBatch("an unknown kind of row");
  }
  auto vector = std::make_shared<Vector>(PhysicalType::kInt8,
                                         std::max<uint32_t>(rows, 1));
  std::memcpy(vector->data<char>(), kinds, rows);
  return vector;
}

absl::StatusOr<VectorRef> BatchReader::Hashes(uint32_t rows) {
  const char* hashes = Bytes(uint64_t{rows} * sizeof(uint64_t));
  if (hashes == nullptr) return TooShort();
  auto vector = std::make_shared<Vector>(PhysicalType::kInt64,
                                         std::max<uint32_t>(rows, 1));
  std::memcpy(vector->data<char>(), hashes, rows * sizeof(uint64_t));
  return vector;
}

absl::StatusOr<Batch> BatchReader::Read() {
  uint8_t format = 0;
  uint8_t flags = 0;
  uint16_t columns = 0;
  Batch batch;
  if (!Get(format) || !Get(flags) || !Get(columns) || !Get(batch.row_count)) {
    return TooShort();
  }
  if (format != batch_wire::kFormat) {
    return NoBatch(absl::StrCat("format ", format, ", ", batch_wire::kFormat,
                                " is known"));
  }
  if ((flags & ~(batch_wire::kHasKinds | batch_wire::kHasHashes)) != 0) {
    return NoBatch("unknown flags");
  }
  if (batch.row_count > kMaxBatchRows) return NoBatch("too many rows");
  for (int i = 0; i < columns; ++i) {
    ASSIGN_OR_RETURN(VectorRef column,
                     Column({.rows = batch.row_count, .depth = 0}));
    batch.columns.push_back(std::move(column));
  }
  if ((flags & batch_wire::kHasKinds) != 0) {
    ASSIGN_OR_RETURN(batch.kinds, Kinds(batch.row_count));
  }
  if ((flags & batch_wire::kHasHashes) != 0) {
    ASSIGN_OR_RETURN(batch.hashes, Hashes(batch.row_count));
  }
  if (!rest_.empty()) return NoBatch("bytes are left over");
  return batch;
}

}  // namespace

absl::StatusOr<Batch> ParseBatch(absl::string_view bytes,
                                 const ChunkRef& holder) {
  return BatchReader(bytes, holder).Read();
}

}  // namespace millrace
