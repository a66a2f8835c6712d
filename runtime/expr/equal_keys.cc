#include "runtime/expr/equal_keys.h"

#include "runtime/expr/comparison.h"
#include "runtime/expr/list_gather.h"

namespace millrace {
namespace {

bool HasLaterEqual(const LogicalType& type, const Vector& keys, uint32_t at,
                   uint32_t limit) {
  for (uint32_t i = at + 1; i < limit; ++i) {
    const bool null = keys.IsNull(at);
    if (null != keys.IsNull(i)) continue;
    if (null || ValuesEqual(type, keys, at, keys, i)) return true;
  }
  return false;
}

}  // namespace

void DropEarlierOfEqualKeys(const LogicalType& type, const Selection& rows,
                            Vector& map) {
  ListEntry* const entries = map.data<ListEntry>();
  const Vector& keys = *map.child(0);
  bool any = false;
  rows.ForEach([&](uint32_t row) {
    const uint32_t limit = entries[row].offset + entries[row].length;
    for (uint32_t i = entries[row].offset; i < limit && !any; ++i) {
      any = HasLaterEqual(type.key(), keys, i, limit);
    }
  });
  if (!any) return;
  ListGather kept_keys, kept_values;
  kept_keys.Start({map.child(0).get()});
  kept_values.Start({map.child(1).get()});
  rows.ForEach([&](uint32_t row) {
    const uint32_t begin = kept_keys.size();
    const uint32_t limit = entries[row].offset + entries[row].length;
    for (uint32_t i = entries[row].offset; i < limit; ++i) {
      if (HasLaterEqual(type.key(), keys, i, limit)) continue;
      kept_keys.Take(0, i);
      kept_values.Take(0, i);
    }
    entries[row] = kept_keys.Since(begin);
  });
  VectorRef new_keys = kept_keys.Finish(type.key());
  map.SetChild(1, kept_values.Finish(type.value()));
  map.SetChild(0, std::move(new_keys));
}

}  // namespace millrace
