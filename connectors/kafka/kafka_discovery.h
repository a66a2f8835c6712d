#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/kafka_position.h"
#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// Asks the brokers which partitions there are and where each is to be started
// and ended. Blocking, on a background thread.
//
// Offsets are asked for once, of the partitions that are new. Errors:
// kInvalidArgument for a topic that does not exist (with the nearest one that
// does); kUnavailable when no broker answered within 10 seconds, or none lets
// this client see the topic.
class KafkaDiscovery final : public SplitDiscovery {
 public:
  KafkaDiscovery(std::string table, const KafkaSettings& settings)
      : table_(std::move(table)), settings_(settings) {}

  absl::StatusOr<std::vector<Split>> Discover() override;

 private:
  absl::StatusOr<std::vector<Split>> Ask();
  absl::StatusOr<std::vector<PartitionSplit>> ListPartitions();
  // Replaces the logical offset `mode` names by a real one, for every
  // partition: in next_offset, or in end_offset.
  absl::Status Resolve(const OffsetMode& mode, bool is_end,
                       std::vector<PartitionSplit>& partitions);
  absl::Status ResolveCommitted(bool is_end,
                                std::vector<PartitionSplit>& partitions);
  absl::Status ResolveSpecific(const OffsetMode& mode, bool is_end,
                               std::vector<PartitionSplit>& partitions);
  // The group's offsets in the order of `partitions`; below 0 = none.
  absl::StatusOr<std::vector<int64_t>> Committed(
      const std::vector<PartitionSplit>& partitions);
  absl::Status ResolveTimestamp(int64_t timestamp_ms, bool is_end,
                                std::vector<PartitionSplit>& partitions);
  absl::StatusOr<std::pair<int64_t, int64_t>> Watermarks(
      const PartitionSplit& partition);
  // What to say of `topic`, which is not among those that are seen.
  absl::Status Missing(const std::string& topic,
                       const std::vector<std::string>& names);
  absl::Status Unreachable(absl::string_view doing, absl::string_view why);

  const std::string table_;
  const KafkaSettings settings_;
  std::unique_ptr<ClientHandle> client_;  // While Discover runs.
  absl::flat_hash_set<std::string> resolved_;  // Ids of splits.
};

}  // namespace millrace::kafka
