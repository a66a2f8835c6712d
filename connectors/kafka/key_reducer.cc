#include "connectors/kafka/key_reducer.h"

#include <optional>
#include <vector>

namespace millrace::kafka {

void KeyReducer::Add(const EncodedRecords& records) {
  for (size_t i = 0; i < records.size(); ++i) {
    const size_t place = last_.size();
    Last& last = last_.try_emplace(records.key(i), Last{.place = place})
                     .first->second;
    last.tombstone = records.is_tombstone(i);
    last.value.assign(records.value(i).data(), records.value(i).size());
    last.timestamp_ms = records.timestamp_ms(i);
  }
}

void KeyReducer::Take(EncodedRecords& records) {
  using Entry = decltype(last_)::value_type;
  std::vector<const Entry*> ordered(last_.size());
  for (const Entry& entry : last_) ordered[entry.second.place] = &entry;
  records.Clear();
  for (const Entry* entry : ordered) {
    const Last& last = entry->second;
    records.Append(entry->first,
                   last.tombstone
                       ? std::nullopt
                       : std::optional<absl::string_view>(last.value),
                   last.timestamp_ms);
  }
  last_.clear();
}

}  // namespace millrace::kafka
