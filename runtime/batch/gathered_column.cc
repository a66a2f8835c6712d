#include "runtime/batch/gathered_column.h"

#include <algorithm>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/batch/sixteen.h"

namespace millrace {
namespace {

template <typename T>
void GatherWidth(const void* from, const uint32_t* rows, uint32_t count,
                 void* to) {
  const T* source = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  for (uint32_t i = 0; i < count; ++i) out[i] = source[rows[i]];
}

void GatherData(const Vector& source, const uint32_t* rows, uint32_t count,
                Vector& out) {
  const void* from = source.data<void>();
  void* to = out.data<void>();
  switch (ValueWidth(source.physical())) {
    case 1: return GatherWidth<uint8_t>(from, rows, count, to);
    case 2: return GatherWidth<uint16_t>(from, rows, count, to);
    case 4: return GatherWidth<uint32_t>(from, rows, count, to);
    case 8: return GatherWidth<uint64_t>(from, rows, count, to);
    case 16: return GatherWidth<Sixteen>(from, rows, count, to);
    default: return;
  }
}

void GatherValidity(const Vector& source, const uint32_t* rows, uint32_t count,
                    Vector& out) {
  if (source.validity() == nullptr) return;
  const uint64_t* from = source.validity();
  uint64_t* to = out.MutableValidity();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t row = rows[i];
    const uint64_t present = (from[row >> 6] >> (row & 63)) & 1;
    to[i >> 6] &= ~((present ^ 1) << (i & 63));
  }
}

}  // namespace

std::shared_ptr<Vector> GatheredColumn(const Vector& source,
                                       const uint32_t* rows, uint32_t count) {
  std::vector<uint32_t> first;
  if (source.is_constant()) {
    first.assign(count, 0);
    rows = first.data();
  }
  auto out = std::make_shared<Vector>(
      source.physical(), std::max<uint32_t>(count, 1), source.child_count());
  GatherData(source, rows, count, *out);
  GatherValidity(source, rows, count, *out);
  for (int i = 0; i < source.child_count(); ++i) {
    // A row's fields lie beside it; a list's elements are shared whole.
    const bool is_row = source.physical() == PhysicalType::kRow;
    out->SetChild(i, is_row ? Gather(source.child(i), rows, count)
                            : source.child(i));
  }
  out->AddChunks(source.chunks());
  return out;
}

std::shared_ptr<Vector> GatheredColumn(const Vector* source,
                                       const LogicalType& type,
                                       const std::vector<uint32_t>& rows,
                                       const std::vector<uint32_t>& absent) {
  const auto count = static_cast<uint32_t>(rows.size());
  auto result = source == nullptr
                    ? std::make_shared<Vector>(type, count)
                    : GatheredColumn(*source, rows.data(), count);
  for (const uint32_t row : absent) result->SetNull(row);
  return result;
}

}  // namespace millrace
