#include "connectors/kafka/kafka_position.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace millrace::kafka {

Split ToSplit(const PartitionSplit& partition) {
  return {absl::StrCat(partition.topic, "/", partition.partition),
          absl::StrCat(partition.next_offset, ",",
                       partition.end_offset == PartitionSplit::kNoEnd
                           ? "-"
                           : absl::StrCat(partition.end_offset))};
}

absl::StatusOr<PartitionSplit> FromSplit(const Split& split) {
  const size_t slash = split.id.rfind('/');
  const std::vector<std::string> offsets = absl::StrSplit(split.position, ',');
  PartitionSplit partition;
  if (slash == std::string::npos || offsets.size() != 2 ||
      !absl::SimpleAtoi(split.id.substr(slash + 1), &partition.partition) ||
      !absl::SimpleAtoi(offsets[0], &partition.next_offset) ||
      !(offsets[1] == "-" ||
        absl::SimpleAtoi(offsets[1], &partition.end_offset))) {
    return absl::DataLossError(absl::StrCat("no Kafka split: ", split.id,
                                            " at ", split.position));
  }
  partition.topic = split.id.substr(0, slash);
  return partition;
}

}  // namespace millrace::kafka
