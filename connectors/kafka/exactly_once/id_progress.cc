#include "connectors/kafka/exactly_once/id_progress.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace millrace::kafka {

int64_t IdProgress::ReadFrom(const std::vector<SealedEpoch>& all) const {
  const auto& acknowledged = ledger.acknowledged();
  int64_t from = acknowledged ? acknowledged->offset : -1;
  if (from >= 0) return from;
  for (const size_t place : epochs) {
    const auto& known = all[place].acknowledged;
    if (known) from = std::max(from, known->offset);
  }
  return from;
}

int64_t IdProgress::BatchBytes(
    const std::optional<session::TopicFacts>& output) const {
  if (!output) return most_batch_bytes;
  const auto found = output->config.find("max.message.bytes");
  int64_t bytes = 0;
  if (found == output->config.end() ||
      !absl::SimpleAtoi(found->second, &bytes)) {
    return most_batch_bytes;
  }
  return std::clamp<int64_t>(bytes, 1, most_batch_bytes);
}

}  // namespace millrace::kafka
