#include "runtime/batch/column_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/batch_wire.h"
#include "runtime/batch/narrow_integers.h"

namespace millrace {
namespace {

// Of columns within columns: no type that SQL can write goes this deep, and
// the reader's stack takes it.
constexpr int kMostDepth = 64;
// Of all lists of a column. Elements without bytes are the only ones that the
// length of the message does not bound.
constexpr uint32_t kMostElements = 1 << 28;

}  // namespace

absl::Status NoBatch(absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("received bytes are no batch: ", why));
}
absl::Status BatchTooShort() { return NoBatch("they end too early"); }

absl::StatusOr<ColumnReader::Head> ColumnReader::ReadHead(const Place& place) {
  Head head;
  if (!bytes_->Get(head.physical) || !bytes_->Get(head.flags) ||
      !bytes_->Get(head.children)) {
    return BatchTooShort();
  }
  if (place.depth > kMostDepth) return NoBatch("columns lie too deep");
  if (head.physical > static_cast<uint8_t>(PhysicalType::kNull)) {
    return NoBatch("an unknown type");
  }
  if ((head.flags & ~(batch_wire::kIsConstant | batch_wire::kHasValidity |
                      batch_wire::kIsNarrow | batch_wire::kIsAlike)) != 0) {
    return NoBatch("unknown flags");
  }
  const bool constant = (head.flags & batch_wire::kIsConstant) != 0;
  if ((place.in_constant && !constant) || (place.in_list && constant)) {
    return NoBatch("a constant out of place");
  }
  const auto physical = static_cast<PhysicalType>(head.physical);
  if ((head.flags & batch_wire::kIsAlike) != 0 &&
      (!place.may_be_alike || constant || physical > PhysicalType::kString ||
       (head.flags & batch_wire::kHasValidity) != 0)) {
    return NoBatch("values alike out of place");
  }
  if ((head.flags & batch_wire::kIsNarrow) != 0 &&
      physical != PhysicalType::kString && physical != PhysicalType::kInt64) {
    return NoBatch("a narrow column of a type that has no such form");
  }
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

absl::StatusOr<VectorRef> ColumnReader::Column(const Place& place) {
  ASSIGN_OR_RETURN(const Head head, ReadHead(place));
  const auto physical = static_cast<PhysicalType>(head.physical);
  const bool constant = (head.flags & batch_wire::kIsConstant) != 0;
  const bool alike = (head.flags & batch_wire::kIsAlike) != 0;
  const uint32_t count = constant || alike ? 1 : place.rows;
  // Each value has bytes to come, so what is allocated is bounded by them.
  const bool narrow = (head.flags & batch_wire::kIsNarrow) != 0;
  const size_t least = narrow ? sizeof(uint8_t)
                       : physical == PhysicalType::kString ||
                               physical == PhysicalType::kList ||
                               physical == PhysicalType::kMap
                           ? sizeof(uint32_t)
                           : ValueWidth(physical);
  if (uint64_t{count} * least > bytes_->size()) return BatchTooShort();
  int children = head.children;
  if (children == batch_wire::kNoChildren) {
    children = physical == PhysicalType::kList ? 1 : 2;
  }
  auto vector = std::make_shared<Vector>(
      physical,
      std::max<uint32_t>(alike ? place.rows : count, place.in_list ? 0 : 1),
      children);
  if ((head.flags & batch_wire::kHasValidity) != 0) {
    RETURN_IF_ERROR(Validity(count, *vector));
  }
  if (constant) vector->set_constant();
  const size_t rest_before = bytes_->size();
  RETURN_IF_ERROR(Values(
      head,
      {.rows = count, .depth = place.depth + 1, .in_constant = constant},
      *vector));
  if (alike) SpreadOut(rest_before - bytes_->size(), place.rows, *vector);
  return vector;
}

void ColumnReader::SpreadOut(size_t value_bytes, uint32_t rows,
                            Vector& vector) {
  const size_t width = ValueWidth(vector.physical());
  char* const values = vector.data<char>();
  for (uint32_t i = 1; i < rows; ++i) {
    std::memcpy(values + i * width, values, width);
  }
  if (rows > 0) bytes_->Spare(value_bytes * (rows - 1));
}

absl::Status ColumnReader::Validity(uint32_t count, Vector& vector) {
  const uint32_t size = count / 8 + (count % 8 != 0);
  const char* bits = bytes_->Take(size);
  if (bits == nullptr) return BatchTooShort();
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

absl::Status ColumnReader::Values(const Head& head, const Place& place,
                                 Vector& vector) {
  const bool narrow = (head.flags & batch_wire::kIsNarrow) != 0;
  switch (vector.physical()) {
    case PhysicalType::kString:
      return Strings(place.rows, narrow, vector);
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
      return narrow ? NarrowIntegers(place.rows, vector)
                    : Fixed(place.rows, vector);
  }
}

absl::Status ColumnReader::Fixed(uint32_t count, Vector& vector) {
  const size_t size = ValueWidth(vector.physical()) * count;
  const char* values = bytes_->Take(size);
  if (values == nullptr) return BatchTooShort();
  if (size == 0) return absl::OkStatus();
  std::memcpy(vector.data<char>(), values, size);
  if (vector.physical() == PhysicalType::kBool) {
    uint8_t seen = 0;
    for (uint32_t i = 0; i < count; ++i) seen |= vector.data<uint8_t>()[i];
    if (seen > 1) return NoBatch("a BOOLEAN that is neither");
  }
  return absl::OkStatus();
}

absl::Status ColumnReader::NarrowIntegers(uint32_t count, Vector& vector) {
  NarrowForm form;
  if (!bytes_->Get(form.width) || !bytes_->Get(form.least)) {
    return BatchTooShort();
  }
  const char* differences = bytes_->Take(uint64_t{form.width} * count);
  if (differences == nullptr) return BatchTooShort();
  if (!ReadNarrow(form, differences, count, vector.data<int64_t>())) {
    return NoBatch("integers of another width");
  }
  bytes_->Spare((sizeof(int64_t) - form.width) * count);
  return absl::OkStatus();
}

const char* ColumnReader::Text(uint32_t size, uint32_t longest,
                              Vector& vector) {
  const char* text = bytes_->Take(size);
  if (text == nullptr || longest <= StringView::kInlineLimit) return text;
  if (holder_ != nullptr) {
    vector.AddChunk(holder_);
    return text;
  }
  auto chunk = std::make_shared<Chunk>(size);
  std::memcpy(chunk->data(), text, size);
  text = chunk->data();
  vector.AddChunk(std::move(chunk));
  return text;
}

absl::Status ColumnReader::Strings(uint32_t count, bool narrow,
                                  Vector& vector) {
  const char* sizes = bytes_->Take(
      uint64_t{count} * (narrow ? sizeof(uint8_t) : sizeof(uint32_t)));
  if (sizes == nullptr) return BatchTooShort();
  if (narrow) bytes_->Spare((sizeof(uint32_t) - sizeof(uint8_t)) * count);
  const auto end_of = [&](uint32_t i, uint32_t begin) {
    if (narrow) return begin + static_cast<uint8_t>(sizes[i]);
    uint32_t end = 0;
    std::memcpy(&end, sizes + i * sizeof(end), sizeof(end));
    return end;
  };
  uint32_t end = 0;
  uint32_t longest = 0;
  bool falls = false;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t begin = end;
    end = end_of(i, begin);
    falls |= end < begin;
    longest = std::max(longest, end - begin);
  }
  if (falls) return NoBatch("a string ends before it begins");
  const char* const text = Text(end, longest, vector);
  if (text == nullptr) return BatchTooShort();
  StringView* views = vector.data<StringView>();
  uint32_t begin = 0;
  for (uint32_t i = 0; i < count; ++i) {
    end = end_of(i, begin);
    views[i] = StringView(absl::string_view(text + begin, end - begin));
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status ColumnReader::Lists(const Head& head, const Place& place,
                                Vector& vector) {
  const char* lengths = bytes_->Take(uint64_t{place.rows} * sizeof(uint32_t));
  uint32_t elements = 0;
  if (lengths == nullptr || !bytes_->Get(elements)) return BatchTooShort();
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

}  // namespace millrace
