#include "connectors/kafka/payloads.h"

#include <cstring>

namespace millrace::kafka {

Payloads Payloads::Of(const std::vector<FetchedRecord>& records, size_t first,
                      size_t limit, absl::string_view FetchedRecord::*part) {
  size_t total = 0;
  for (size_t i = first; i < limit; ++i) total += (records[i].*part).size();
  Payloads result{.chunk = std::make_shared<Chunk>(total)};
  result.bytes.reserve(limit - first);
  result.records.reserve(limit - first);
  char* out = result.chunk->data();
  for (size_t i = first; i < limit; ++i) {
    const absl::string_view bytes = records[i].*part;
    if (bytes.data() == nullptr) continue;
    std::memcpy(out, bytes.data(), bytes.size());
    result.bytes.push_back({out, static_cast<uint32_t>(bytes.size())});
    result.records.push_back(static_cast<uint32_t>(i));
    out += bytes.size();
  }
  return result;
}

}  // namespace millrace::kafka
