#include "connectors/kafka/kafka_discovery.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <regex>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/not_allowed.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Long enough for a broker that is just starting.
constexpr int kTimeoutMs = 10'000;

using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t,
                    decltype(&rd_kafka_topic_partition_list_destroy)>;

PartitionList ToList(const std::vector<PartitionSplit>& partitions,
                     int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(
                         static_cast<int>(partitions.size())),
                     rd_kafka_topic_partition_list_destroy);
  for (const PartitionSplit& one : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), one.topic.c_str(),
                                      one.partition)->offset = offset;
  }
  return list;
}

void SetOffset(PartitionSplit& partition, bool is_end, int64_t offset) {
  (is_end ? partition.end_offset : partition.next_offset) = offset;
}

}  // namespace

absl::Status KafkaDiscovery::Unreachable(absl::string_view doing,
                                         absl::string_view why) {
  const auto servers = settings_.properties.values.find("bootstrap.servers");
  const std::string trouble = client_->last_trouble();
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SRC-0301",
       .what = absl::StrCat("Kafka did not answer when ", doing),
       .where = absl::StrCat("table '", table_, "', brokers ",
                             servers->second),
       .why = trouble.empty() ? std::string(why)
                              : absl::StrCat(why, " (", trouble, ")"),
       .fix = "Check that the brokers run and that "
              "'properties.bootstrap.servers' and the security properties are "
              "right."});
}

absl::StatusOr<std::vector<Split>> KafkaDiscovery::Discover() {
  ASSIGN_OR_RETURN(
      client_, ClientHandle::Open(
                   ClientHandle::Role::kConsumer, settings_.properties,
                   {{"group.id", absl::StrCat("KafkaSource-", table_)},
                    {"enable.auto.commit", "false"},
                    {"isolation.level", "read_uncommitted"}}));
  absl::StatusOr<std::vector<Split>> splits = Ask();
  // Minutes pass until the next time: not with threads and connections kept.
  client_.reset();
  return splits;
}

absl::StatusOr<std::vector<Split>> KafkaDiscovery::Ask() {
  ASSIGN_OR_RETURN(std::vector<PartitionSplit> partitions, ListPartitions());
  std::vector<Split> splits;
  const auto known = std::stable_partition(
      partitions.begin(), partitions.end(), [&](const PartitionSplit& one) {
        return !resolved_.contains(ToSplit(one).id);
      });
  for (auto one = known; one != partitions.end(); ++one) {
    splits.push_back(ToSplit(*one));
  }
  partitions.erase(known, partitions.end());
  if (partitions.empty()) return splits;
  RETURN_IF_ERROR(Resolve(settings_.start, /*is_end=*/false, partitions));
  RETURN_IF_ERROR(Resolve(settings_.end, /*is_end=*/true, partitions));
  const std::string cluster = client_->cluster_id();
  for (PartitionSplit& one : partitions) {
    one.cluster = cluster;
    splits.push_back(ToSplit(one));
    resolved_.insert(splits.back().id);
  }
  return splits;
}

absl::StatusOr<std::vector<PartitionSplit>> KafkaDiscovery::ListPartitions() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(
      client_->get(), /*all_topics=*/1, nullptr, &metadata, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unreachable("asked for its topics", rd_kafka_err2str(error));
  }
  const std::unique_ptr<const rd_kafka_metadata_t,
                        decltype(&rd_kafka_metadata_destroy)>
      owner(metadata, rd_kafka_metadata_destroy);
  const std::regex pattern(settings_.topic_pattern);
  std::vector<PartitionSplit> partitions;
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    names.emplace_back(topic.topic);
    const bool wanted =
        settings_.topic_pattern.empty()
            ? std::find(settings_.topics.begin(), settings_.topics.end(),
                        names.back()) != settings_.topics.end()
            : std::regex_match(names.back(), pattern);
    if (wanted && topic.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
      return Unreachable(absl::StrCat("asked for topic ", names.back()),
                         rd_kafka_err2str(topic.err));
    }
    for (int p = 0; wanted && p < topic.partition_cnt; ++p) {
      partitions.push_back({.topic = names.back(),
                            .partition = topic.partitions[p].id});
    }
  }
  for (const std::string& topic : settings_.topics) {
    const bool found = std::any_of(
        partitions.begin(), partitions.end(),
        [&](const PartitionSplit& one) { return one.topic == topic; });
    if (found) continue;
    return Missing(topic, names);
  }
  return partitions;
}

// A list of all topics has none that this client may not see, so that one is
// asked for by its name.
absl::Status KafkaDiscovery::Missing(const std::string& topic,
                                     const std::vector<std::string>& names) {
  rd_kafka_topic_t* const handle =
      rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(
      client_->get(), /*all_topics=*/0, handle, &metadata, kTimeoutMs);
  rd_kafka_topic_destroy(handle);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unreachable(absl::StrCat("asked for topic ", topic),
                       rd_kafka_err2str(error));
  }
  if (metadata->topic_cnt == 1) error = metadata->topics[0].err;
  rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    return NotAllowed(*client_, topic,
                      absl::StrCat("table '", table_, "', topic ", topic),
                      error);
  }
  const std::string nearest = NearestName(topic, names);
  return UserError(
      {.code = "SRC-0302",
       .what = absl::StrCat("topic '", topic, "' does not exist"),
       .where = absl::StrCat("table '", table_, "'"),
       .why = "",
       .fix = nearest.empty() ? "Create it, or name another."
                              : absl::StrCat("Did you mean '", nearest,
                                             "'?")});
}

absl::Status KafkaDiscovery::Resolve(const OffsetMode& mode, bool is_end,
                                     std::vector<PartitionSplit>& partitions) {
  switch (mode.kind) {
    case OffsetMode::Kind::kNone:
    case OffsetMode::Kind::kEarliest: return absl::OkStatus();
    case OffsetMode::Kind::kGroupOffsets:
      return ResolveCommitted(is_end, partitions);
    case OffsetMode::Kind::kTimestamp:
      return ResolveTimestamp(mode.timestamp_ms, is_end, partitions);
    case OffsetMode::Kind::kLatest:
      for (PartitionSplit& one : partitions) {
        ASSIGN_OR_RETURN(const auto ends, Watermarks(one));
        SetOffset(one, is_end, ends.second);
      }
      return absl::OkStatus();
    case OffsetMode::Kind::kSpecific:
      return ResolveSpecific(mode, is_end, partitions);
  }
  return absl::OkStatus();
}

// As in Flink: a partition that is not named starts where the group stands,
// else at its beginning; and is not read at all where the end is specific.
absl::Status KafkaDiscovery::ResolveSpecific(
    const OffsetMode& mode, bool is_end,
    std::vector<PartitionSplit>& partitions) {
  std::vector<int64_t> committed(partitions.size(), RD_KAFKA_OFFSET_INVALID);
  if (!is_end && settings_.has_group &&
      mode.offsets.size() < partitions.size()) {
    ASSIGN_OR_RETURN(committed, Committed(partitions));
  }
  for (size_t i = 0; i < partitions.size(); ++i) {
    const auto found = mode.offsets.find(partitions[i].partition);
    if (found != mode.offsets.end()) {
      SetOffset(partitions[i], is_end, found->second);
    } else if (is_end) {
      partitions[i].end_offset = 0;
    } else if (committed[i] >= 0) {
      partitions[i].next_offset = committed[i];
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> KafkaDiscovery::Committed(
    const std::vector<PartitionSplit>& partitions) {
  const PartitionList list = ToList(partitions, RD_KAFKA_OFFSET_INVALID);
  rd_kafka_resp_err_t error =
      rd_kafka_committed(client_->get(), list.get(), kTimeoutMs);
  std::vector<int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = list->elems[i].err;
    offsets.push_back(list->elems[i].offset);
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unreachable("asked for the group's offsets",
                       rd_kafka_err2str(error));
  }
  return offsets;
}

absl::Status KafkaDiscovery::ResolveCommitted(
    bool is_end, std::vector<PartitionSplit>& partitions) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> offsets, Committed(partitions));
  const auto& properties = settings_.properties.values;
  const auto found = properties.find("auto.offset.reset");
  const std::string reset =
      is_end || found == properties.end() ? "error" : found->second;
  for (size_t i = 0; i < partitions.size(); ++i) {
    PartitionSplit& one = partitions[i];
    if (offsets[i] >= 0) {
      SetOffset(one, is_end, offsets[i]);
    } else if (reset == "latest" || reset == "largest" || reset == "end") {
      ASSIGN_OR_RETURN(const auto ends, Watermarks(one));
      one.next_offset = ends.second;
    } else if (reset == "error") {
      SetOffset(one, is_end, PartitionSplit::kNotCommitted);
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaDiscovery::ResolveTimestamp(
    int64_t timestamp_ms, bool is_end,
    std::vector<PartitionSplit>& partitions) {
  const PartitionList list = ToList(partitions, timestamp_ms);
  const rd_kafka_resp_err_t error =
      rd_kafka_offsets_for_times(client_->get(), list.get(), kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unreachable("asked for the offsets of a time",
                       rd_kafka_err2str(error));
  }
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Unreachable("asked for the offsets of a time",
                         rd_kafka_err2str(list->elems[i].err));
    }
    // No record so late: the end.
    if (list->elems[i].offset >= 0) {
      SetOffset(partitions[i], is_end, list->elems[i].offset);
    } else {
      ASSIGN_OR_RETURN(const auto ends, Watermarks(partitions[i]));
      SetOffset(partitions[i], is_end, ends.second);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::pair<int64_t, int64_t>> KafkaDiscovery::Watermarks(
    const PartitionSplit& partition) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      client_->get(), partition.topic.c_str(), partition.partition, &low,
      &high, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unreachable(absl::StrCat("asked for the end of topic ",
                                    partition.topic, ", partition ",
                                    partition.partition),
                       rd_kafka_err2str(error));
  }
  return std::pair(low, high);
}

}  // namespace millrace::kafka
