#include "connectors/kafka/sealing_writer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "connectors/kafka/record_limit.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

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

void Warn(const std::string& table, const std::string& warning) {
  std::fprintf(stderr, "warning: table '%s': %s\n", table.c_str(),
               warning.c_str());
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
      epoch_({.files = context.output_files,
              .background = context.background,
              .wake = context.wake}),
      turn_(context.subtask),
      committer_(DecisionsOf(table, settings, context), SessionsOf(settings),
                 {.port = port,
                  .clock = context.clock,
                  .background = context.background,
                  .files = context.output_files,
                  .metrics = context.metrics,
                  .wake = context.wake,
                  .warn =
                      [name = table.name](const std::string& warning) {
                        Warn(name, warning);
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
  if (!committer_.decisions().is_checked()) {
    RETURN_IF_ERROR(committer_.Poll().status());
    if (!committer_.decisions().is_checked()) return Accepted::kFull;
  }
  // Where Kafka is what it waits for, no checkpoint would help.
  const bool is_sending = !committer_.decisions().is_done();
  const bool is_awaited = announced_.value() != 0 || is_draining_;
  const bool is_full = IsFull();
  TellFull(is_full);
  if (is_full && (is_sending || !is_awaited)) return Accepted::kFull;
  ASSIGN_OR_RETURN(const bool has_room, epoch_.HasRoom());
  if (!has_room) return Accepted::kFull;
  RETURN_IF_ERROR(encoder_->Encode(batch, records_));
  if (settings_.buffer_rows > 0) {
    kept_back_.Add(records_);
    if (static_cast<int64_t>(kept_back_.size()) < settings_.buffer_rows) {
      return Accepted::kAll;
    }
    kept_back_.Take(records_);
  }
  AppendRecords();
  return Accepted::kAll;
}

bool SealingWriter::IsFull() const {
  return context_.takes_periodic_checkpoints &&
         PendingBytes() >= settings_.max_pending_bytes;
}

void SealingWriter::TellFull(bool is_full) {
  if (!is_full) {
    // Told again when it was half empty meanwhile.
    told_full_ &= PendingBytes() > settings_.max_pending_bytes / 2;
    return;
  }
  if (std::exchange(told_full_, true)) return;
  Warn(table_,
       absl::StrCat(PendingBytes(),
                    " bytes of output wait and no more rows are taken "
                    "('sink.max-pending'): ",
                    committer_.decisions().is_done()
                        ? "no checkpoint has completed for long enough"
                        : "Kafka does not take them fast enough"));
}

absl::Status SealingWriter::HeldUp() const {
  const absl::Status stuck = committer_.decisions().Stuck();
  if (stuck.ok() || (!committer_.is_restoring() && !IsFull())) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SNK-0311",
       .what = "no checkpoint can be taken before Kafka has taken output that "
               "waits",
       .where = absl::StrCat("table '", table_, "'"),
       .why = absl::StrCat(
           committer_.is_restoring()
               ? "what was restored is sent before anything else"
               : "as much waits as may ('sink.max-pending')",
           "; ", stuck.message()),
       .fix = "See to Kafka. Nothing is lost, and the job goes on by itself."});
}

void SealingWriter::AppendRecords() {
  const RecordLimit limit(settings_, committer_.decisions().facts());
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
    if (limit.Takes(record)) {
      epoch_.Append(record);
    } else {
      refused_.push_back(limit.Refuse(table_, record));
    }
  }
  records_.Clear();
}

absl::StatusOr<Writer::Accepted> SealingWriter::Flush() {
  RETURN_IF_ERROR(committer_.Poll().status());
  if (!committer_.decisions().is_checked()) return Accepted::kFull;
  if (kept_back_.size() > 0) {
    kept_back_.Take(records_);
    AppendRecords();
  }
  const size_t inlined = static_cast<size_t>(committer_.inlined_bytes());
  ASSIGN_OR_RETURN(
      const bool durable,
      epoch_.Persist(SealedEpoch::kMostInlinedBytes -
                     std::min(inlined, SealedEpoch::kMostInlinedBytes)));
  return durable ? Accepted::kAll : Accepted::kFull;
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
      .files = {},
      .inlined = ""};
  epoch_.SealInto(epoch);
  last_sealed_ = checkpoint;
  if (announced_ <= checkpoint) announced_ = CheckpointId(0);
  Sealed sealed;
  // Also of an epoch without records: whoever restores it shuts out whoever
  // wrote before. But one of them does: Kafka may be away for days.
  if (committer_.IsNeedless(epoch)) return sealed;
  committer_.NoteSealed(epoch);
  sealed.committables.push_back(epoch.ToCommittable());
  return sealed;
}

std::vector<OutputFile> SealingWriter::FilesOf(
    const Committable& committable) const {
  auto epoch = SealedEpoch::From(committable);
  return epoch.ok() ? std::move(epoch->files) : std::vector<OutputFile>();
}

Committable SealingWriter::WithFiles(Committable committable,
                                     std::vector<OutputFile> files) const {
  auto epoch = SealedEpoch::From(committable);
  // What is unreadable is told when it is to be sent.
  if (!epoch.ok() || epoch->files.size() != files.size()) return committable;
  epoch->files = std::move(files);
  return epoch->ToCommittable();
}

}  // namespace millrace::kafka
