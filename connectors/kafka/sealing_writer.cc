#include "connectors/kafka/sealing_writer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Kafka counts the batch that a record stands in: headers, lengths, times.
constexpr int64_t kBatchOverheadBytes = 128;
constexpr size_t kLongestTopic = 249;  // Kafka's.

// What both topics and transactional ids may be called.
std::string Plain(absl::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_' && c != '.') c = '_';
  }
  return plain;
}

EpochSender::Options DecisionsOf(const TableDescriptor& table,
                                   const KafkaSettings& settings,
                                   const ConnectorContext& context) {
  const std::string prefix = TransactionalIdPrefix(settings);
  return {.table = table.name,
          .brokers = settings.properties.values.at("bootstrap.servers"),
          .run = absl::StrCat(context.job_id, "-", context.attempt, "-",
                              context.vertex.value(), "-", context.subtask, "-",
                              absl::ToUnixNanos(context.clock->Now())),
          .transactional_id =
              absl::StrCat(prefix, "-", context.job_id, "-",
                           context.vertex.value(), "-", context.subtask),
          .output_topic = settings.topics.front(),
          .commits_topic = CommitsTopic(prefix),
          .partition = context.subtask,
          .partitions = context.parallelism,
          .on_marker_loss = settings.on_marker_loss,
          .transaction_timeout = settings.transaction_timeout};
}

SessionOptions SessionsOf(const KafkaSettings& settings) {
  SessionOptions options = {
      .transactional_id = "",
      .transaction_timeout = settings.transaction_timeout,
      .properties = settings.properties.values};
  // While it sticks to a partition the library does not ask the partitioner.
  options.properties["sticky.partitioning.linger.ms"] =
      settings.partitioning == Partitioning::kDefault ? "10" : "0";
  return options;
}

}  // namespace

std::string TransactionalIdPrefix(const KafkaSettings& settings) {
  return settings.transactional_id_prefix.empty()
             ? settings.topics.front()
             : settings.transactional_id_prefix;
}

std::string CommitsTopic(absl::string_view prefix) {
  constexpr absl::string_view kEnd = "_commits";
  return absl::StrCat(
      "__", Plain(prefix.substr(0, kLongestTopic - 2 - kEnd.size())), kEnd);
}

SealingWriter::SealingWriter(const TableDescriptor& table,
                             const KafkaSettings& settings,
                             const ConnectorContext& context, KafkaPort* port)
    : table_(table.name),
      settings_(settings),
      context_(context),
      epoch_({.disk = context.disk,
              .background = context.background,
              .folder = "",
              .name = absl::StrCat(context.attempt, "-", context.vertex.value(),
                                   "-", context.subtask),
              .wake = context.wake}),
      turn_(context.subtask),
      committer_(DecisionsOf(table, settings, context), SessionsOf(settings),
                 {.port = port,
                  .clock = context.clock,
                  .background = context.background,
                  .disk = context.disk,
                  .metrics = context.metrics,
                  .wake = context.wake,
                  .warn =
                      [name = table.name](const std::string& warning) {
                        std::fprintf(stderr, "warning: table '%s': %s\n",
                                     name.c_str(), warning.c_str());
                      }}) {}

absl::StatusOr<std::unique_ptr<SealingWriter>> SealingWriter::Open(
    const TableDescriptor& table, const KafkaSettings& settings,
    const ConnectorRegistry& registry, const ConnectorContext& context,
    KafkaPort* port) {
  std::unique_ptr<SealingWriter> writer(
      new SealingWriter(table, settings, context, port));
  ASSIGN_OR_RETURN(writer->encoder_,
                   RecordEncoder::Open(table, settings, registry,
                                       context.local_time_zone));
  return writer;
}

absl::StatusOr<Writer::Accepted> SealingWriter::Write(const Batch& batch) {
  const bool is_sending = !committer_.decisions().is_done();
  if (is_sending && committer_.pending_bytes() + epoch_.size_bytes() >=
                        settings_.max_pending_bytes) {
    return Accepted::kFull;
  }
  RETURN_IF_ERROR(encoder_->Encode(batch, records_));
  if (settings_.buffer_rows > 0) {
    kept_back_.Add(records_);
    if (static_cast<int64_t>(kept_back_.size()) < settings_.buffer_rows) {
      return Accepted::kAll;
    }
    kept_back_.Take(records_);
  }
  RETURN_IF_ERROR(AppendRecords());
  return Accepted::kAll;
}

absl::Status SealingWriter::AppendRecords() {
  for (size_t i = 0; i < records_.size(); ++i) {
    OutputRecord record;
    if (!records_.is_tombstone(i)) record.value = records_.value(i);
    if (records_.has_keys()) record.key = records_.key(i);
    record.timestamp_ms = records_.timestamp_ms(i);
    if (settings_.partitioning != Partitioning::kDefault) {
      record.partition = turn_;
    }
    if (settings_.partitioning == Partitioning::kRoundRobin) {
      turn_ = (turn_ + 1) & 0x7fffffff;
    }
    largest_bytes_ =
        std::max(largest_bytes_, records_.value(i).size() +
                                     (record.key ? record.key->size() : 0));
    RETURN_IF_ERROR(epoch_.Append(record));
  }
  records_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<Writer::Accepted> SealingWriter::Flush() {
  RETURN_IF_ERROR(committer_.Poll().status());
  if (!committer_.decisions().is_checked()) return Accepted::kFull;
  if (kept_back_.size() > 0) {
    kept_back_.Take(records_);
    RETURN_IF_ERROR(AppendRecords());
  }
  RETURN_IF_ERROR(CheckSize());
  ASSIGN_OR_RETURN(const bool durable, epoch_.Persist());
  return durable ? Accepted::kAll : Accepted::kFull;
}

absl::Status SealingWriter::CheckSize() const {
  const auto& config = committer_.decisions().facts().config;
  const auto found = config.find("max.message.bytes");
  int64_t most = 0;
  if (found == config.end() || !absl::SimpleAtoi(found->second, &most)) {
    return absl::OkStatus();
  }
  const int64_t largest =
      static_cast<int64_t>(largest_bytes_) + kBatchOverheadBytes;
  if (largest <= most) return absl::OkStatus();
  const std::string& topic = settings_.topics.front();
  return UserError(
      {.code = "SNK-0303",
       .what = absl::StrCat("a record of ", largest_bytes_,
                            " bytes is larger than its topic takes"),
       .where = absl::StrCat("table '", table_, "', topic ", topic),
       .why = absl::StrCat("its max.message.bytes is ", most),
       .fix = absl::StrCat(
           "Let it take more: kafka-configs.sh --bootstrap-server ",
           settings_.properties.values.at("bootstrap.servers"),
           " --alter --topic ", topic, " --add-config max.message.bytes=",
           2 * largest, ", or make the rows smaller.")});
}

absl::StatusOr<Writer::Sealed> SealingWriter::Seal(CheckpointId checkpoint) {
  const EpochSender& decisions = committer_.decisions();
  SealedEpoch epoch = {
      .lineage = context_.job_id,
      .transactional_id = decisions.options().transactional_id,
      .commits_topic = decisions.options().commits_topic,
      .partition = context_.subtask,
      .sequence = checkpoint.value(),
      .acknowledged = decisions.acknowledged(),
      .topics = {settings_.topics.front()},
      .chunks = {},
      .path = "",
      .inlined = ""};
  epoch_.SealInto(epoch);
  largest_bytes_ = 0;
  committer_.NoteSealed(epoch);
  Sealed sealed;
  // Also of an epoch without records: whoever restores it shuts out whoever
  // wrote before.
  sealed.committables.push_back(epoch.ToCommittable());
  return sealed;
}

}  // namespace millrace::kafka
