#include "connectors/blackhole/row_checksum.h"

#include <cstring>

#include "absl/strings/str_format.h"

namespace millrace {
namespace {

// Odd constants with their bits spread (of the golden ratio and of XXH64).
constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;
constexpr uint64_t kMultiply = 0xC2B2AE3D27D4EB4F;
constexpr uint64_t kNullWord = 0x165667B19E3779F9;

// One multiplication and one shift: all that a loop over a column pays a row.
inline uint64_t Mix(uint64_t word, uint64_t salt) {
  const uint64_t product = (word ^ salt) * kMultiply;
  return product ^ (product >> 32);
}

template <typename T>
uint64_t Word(const T& value) {
  uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T) < 8 ? sizeof(T) : 8);
  return word;
}
template <>
uint64_t Word(const __int128& value) {
  return static_cast<uint64_t>(value) +
         static_cast<uint64_t>(value >> 64) * kSpread;
}
template <>
uint64_t Word(const TimeNanos& value) {
  return static_cast<uint64_t>(value.millis) +
         static_cast<uint64_t>(value.nanos) * kSpread;
}

// Every byte of a string, eight at a time.
uint64_t StringWord(const StringView& text) {
  const char* data = text.data();
  size_t left = text.size();
  uint64_t word = left * kSpread;
  uint64_t piece = 0;
  while (left >= 8) {
    std::memcpy(&piece, data, 8);
    word = (word ^ piece) * kMultiply;
    word ^= word >> 29;
    data += 8;
    left -= 8;
  }
  if (left > 0) {
    piece = 0;
    std::memcpy(&piece, data, left);
    word = (word ^ piece) * kMultiply;
  }
  return word;
}
template <>
uint64_t Word(const StringView& value) {
  return StringWord(value);
}

template <typename T>
uint64_t SumOf(const Vector& column, Selection rows, uint64_t salt) {
  const T* data = column.data<T>();
  uint64_t sum = 0;
  if (!column.may_have_nulls() && !column.is_constant()) {
    rows.ForEach(
        [&](uint32_t row) { sum += Mix(Word<T>(data[row]), salt); });
    return sum;
  }
  rows.ForEach([&](uint32_t row) {
    sum += Mix(column.IsNull(row) ? kNullWord
                                  : Word<T>(data[row & column.index_mask()]),
               salt);
  });
  return sum;
}

uint64_t ColumnSum(const Vector& column, Selection rows, uint64_t salt);

// The values in a list count with their place in it; children are dense.
uint64_t ListSum(const Vector& column, Selection rows, uint64_t salt) {
  const ListEntry* entries = column.data<ListEntry>();
  uint64_t sum = 0;
  std::vector<uint32_t> elements;
  rows.ForEach([&](uint32_t row) {
    const bool null = column.IsNull(row);
    const ListEntry& entry = entries[row & column.index_mask()];
    sum += Mix(null ? kNullWord : entry.length, salt);
    for (uint32_t i = 0; !null && i < entry.length; ++i) {
      elements.push_back(entry.offset + i);
    }
  });
  const Selection all =
      Selection::Of(elements.data(), static_cast<uint32_t>(elements.size()));
  for (int i = 0; i < column.child_count(); ++i) {
    if (column.child(i) == nullptr) continue;
    sum += ColumnSum(*column.child(i), all, salt + (i + 1) * kSpread);
  }
  return sum;
}

uint64_t ColumnSum(const Vector& column, Selection rows, uint64_t salt) {
  switch (column.physical()) {
    case PhysicalType::kBool: return SumOf<uint8_t>(column, rows, salt);
    case PhysicalType::kInt8: return SumOf<int8_t>(column, rows, salt);
    case PhysicalType::kInt16: return SumOf<int16_t>(column, rows, salt);
    case PhysicalType::kInt32: return SumOf<int32_t>(column, rows, salt);
    case PhysicalType::kInt64: return SumOf<int64_t>(column, rows, salt);
    case PhysicalType::kFloat: return SumOf<float>(column, rows, salt);
    case PhysicalType::kDouble: return SumOf<double>(column, rows, salt);
    case PhysicalType::kInt128: return SumOf<__int128>(column, rows, salt);
    case PhysicalType::kTimeNanos: return SumOf<TimeNanos>(column, rows, salt);
    case PhysicalType::kString: return SumOf<StringView>(column, rows, salt);
    case PhysicalType::kRow: {
      uint64_t sum = 0;
      for (int i = 0; i < column.child_count(); ++i) {
        sum += ColumnSum(*column.child(i), rows, salt + (i + 1) * kSpread);
      }
      return sum;
    }
    case PhysicalType::kList:
    case PhysicalType::kMap: return ListSum(column, rows, salt);
    case PhysicalType::kNull: return Mix(kNullWord, salt) * rows.size();
  }
  return 0;
}

}  // namespace

void RowChecksum::Add(const Batch& batch) {
  const Selection rows = batch.selection();
  rows_ += rows.size();
  uint64_t salt = kSpread;
  for (const VectorRef& column : batch.columns) {
    sum_ += ColumnSum(*column, rows, salt);
    salt += kSpread * kSpread;
  }
  if (batch.kinds != nullptr) sum_ += SumOf<int8_t>(*batch.kinds, rows, 0);
}

std::string RowChecksum::Text() const {
  return absl::StrFormat("%016x", sum_);
}

}  // namespace millrace
