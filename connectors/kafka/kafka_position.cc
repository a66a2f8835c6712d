#include "connectors/kafka/kafka_position.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace millrace::kafka {
namespace {

bool ReadMark(absl::string_view text, PartitionSplit& partition) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  return parts.size() == 2 &&
         absl::SimpleAtoi(parts[0], &partition.mark_offset) &&
         absl::SimpleHexAtoi(parts[1], &partition.mark_hash);
}

}  // namespace

Split ToSplit(const PartitionSplit& partition) {
  Split split{absl::StrCat(partition.topic, "/", partition.partition),
              absl::StrCat(partition.next_offset, ",",
                           partition.end_offset == PartitionSplit::kNoEnd
                               ? "-"
                               : absl::StrCat(partition.end_offset))};
  if (!partition.cluster.empty() || partition.mark_offset >= 0) {
    absl::StrAppend(&split.position, ",", partition.cluster, ",",
                    partition.mark_offset, ":", absl::Hex(partition.mark_hash));
  }
  return split;
}

absl::StatusOr<PartitionSplit> FromSplit(const Split& split) {
  const size_t slash = split.id.rfind('/');
  const std::vector<std::string> offsets = absl::StrSplit(split.position, ',');
  PartitionSplit partition;
  if (slash == std::string::npos ||
      (offsets.size() != 2 && offsets.size() != 4) ||
      !absl::SimpleAtoi(split.id.substr(slash + 1), &partition.partition) ||
      !absl::SimpleAtoi(offsets[0], &partition.next_offset) ||
      !(offsets[1] == "-" ||
        absl::SimpleAtoi(offsets[1], &partition.end_offset))) {
    return absl::DataLossError(absl::StrCat("no Kafka split: ", split.id,
                                            " at ", split.position));
  }
  partition.topic = split.id.substr(0, slash);
  if (offsets.size() == 2) return partition;
  partition.cluster = offsets[2];
  if (!ReadMark(offsets[3], partition)) {
    return absl::DataLossError(absl::StrCat("no Kafka split: ", split.id,
                                            " at ", split.position));
  }
  return partition;
}

}  // namespace millrace::kafka
