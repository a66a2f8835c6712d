#include "runtime/operators/source_operator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/restored_watermark.h"
#include "runtime/operators/stored_split.h"

namespace millrace {
namespace {

// The lists of a snapshot: the splits; the watermark given out, of each
// subtask; an item for each subtask whose watermark is held.
constexpr absl::string_view kSplits = "splits";
constexpr absl::string_view kSourceWatermark = "watermark";
constexpr absl::string_view kHeld = "held";

// How long rows that nobody wants may be read at a stretch: a worker's turn.
// It has other tasklets, and messages to look at.
constexpr int64_t kFruitlessNanos = 150'000;

// INT64_MAX for a wait that does not end.
int64_t After(int64_t now_nanos, absl::Duration wait) {
  const int64_t nanos = absl::ToInt64Nanoseconds(wait);
  return nanos < INT64_MAX - now_nanos ? now_nanos + nanos : INT64_MAX;
}

SourceProjection ProjectionOf(SourceOperator::Parts& parts) {
  return SourceProjection({.columns = std::move(parts.columns),
                           .conditions = std::move(parts.conditions),
                           .has_watermark = parts.watermark.has_value(),
                           .has_filter = parts.has_filter});
}

SourceRejections RejectionsOf(SourceOperator::Parts& parts,
                              SplitReader* reader,
                              const OperatorContext& context) {
  return SourceRejections(
      {.reader = reader,
       .record_errors = parts.metrics->group()->AddCounter(
           "numRecordsInErrors", "Records that could not be decoded."),
       .clock = context.clock,
       .policy = std::move(parts.rejections),
       .local_event_time =
           parts.watermark &&
           !parts.watermark->watermark.type.Is(TypeRoot::kTimestampLtz)});
}

std::optional<int64_t> LastValue(Selection rows, const Vector& values) {
  if (rows.size() == 0) return std::nullopt;
  const uint32_t last = rows[rows.size() - 1];
  if (values.IsNull(last)) return std::nullopt;
  return values.data<int64_t>()[last & values.index_mask()];
}

}  // namespace

SourceOperator::SourceOperator(Parts parts, const OperatorContext& context)
    : name_(context.name),
      clock_(context.clock),
      reader_(std::move(parts.reader)),
      watermark_(parts.watermark),
      metrics_(parts.metrics),
      request_splits_(std::move(parts.request_splits)),
      emitter_(&splits_, metrics_.get()),
      idleness_(watermark_ ? watermark_->idle_timeout_ms : 0, &splits_),
      projection_(ProjectionOf(parts)),
      rejections_(RejectionsOf(parts, reader_.get(), context)),
      marker_interval_nanos_(
          absl::ToInt64Nanoseconds(parts.latency_interval)),
      records_per_checkpoint_(parts.records_per_checkpoint),
      records_left_(records_per_checkpoint_) {
  if (watermark_) metrics_->AddEventTimeLags(clock_);
  metrics_->AddIdleTime(clock_);
}

absl::StatusOr<SourceOperator::Step> SourceOperator::Next() {
  int64_t first_poll_nanos = -1;
  while (true) {
    if (!emitter_.empty()) return emitter_.Take();
    RETURN_IF_ERROR(TakeCommands());
    if (!emitter_.empty()) continue;
    if (ended_) return Step{};
    if (StandsStill()) {
      next_poll_nanos_ = INT64_MAX;
      return Step{};
    }
    if (splits_.open_count() == 0) {
      AskOrEnd();
      if (emitter_.empty()) return Step{};
      continue;
    }
    if (records_left_ <= 0) {
      next_poll_nanos_ = INT64_MAX;
      return Step{};
    }
    const int64_t now = clock_->SteadyNanos();
    if (first_poll_nanos < 0) first_poll_nanos = now;
    if (now - first_poll_nanos >= kFruitlessNanos) {
      next_poll_nanos_ = now;
      return Step{};
    }
    ASSIGN_OR_RETURN(Poll poll, reader_->Next(static_cast<uint32_t>(
                                    std::min<int64_t>(kMaxBatchRows,
                                                      records_left_))));
    records_left_ -= poll.records;
    const bool nothing = poll.state == Poll::State::kNothing;
    const absl::Duration retry_after = poll.retry_after;
    RETURN_IF_ERROR(TakePoll(std::move(poll), now));
    if (nothing && emitter_.empty()) {
      WaitForMore(now, retry_after);
      return Step{};
    }
  }
}

absl::Status SourceOperator::TakeCommands() {
  while (!commands_.empty()) {
    const SourceCommand command = std::move(commands_.front());
    commands_.pop_front();
    if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
      emitter_.EmitBarrier(trigger->checkpoint, trigger->triggered_micros);
      stands_at_ =
          trigger->stand_still ? trigger->checkpoint : CheckpointId(0);
      records_left_ = records_per_checkpoint_;
      return absl::OkStatus();
    }
    if (std::holds_alternative<DrainCommand>(command)) {
      if (ended_) continue;
      EndHere();
      return absl::OkStatus();
    }
    const auto& given = std::get<SplitCommand>(command);
    RETURN_IF_ERROR(AddSplits(given.splits));
    if (given.no_more_splits) no_more_splits_ = true;
    emitter_.Hold(given.hold_watermark);
  }
  return absl::OkStatus();
}

void SourceOperator::OnCheckpointAbort(CheckpointId checkpoint) {
  aborted_ = std::max(aborted_, checkpoint);
  // Behind a sink that stands still for days there would be one an interval.
  std::erase_if(commands_, [&](const SourceCommand& command) {
    const auto* trigger = std::get_if<TriggerCommand>(&command);
    return trigger != nullptr && trigger->checkpoint <= checkpoint;
  });
}

absl::Status SourceOperator::AddSplits(const std::vector<Split>& splits) {
  for (const Split& split : splits) {
    RETURN_IF_ERROR(reader_->AddSplit(split));
    splits_.AddSplit();
    split_ids_.push_back(split.id);
    idleness_.OnSplit();
    asked_ = false;
  }
  return absl::OkStatus();
}

void SourceOperator::AskOrEnd() {
  if (no_more_splits_) {
    EndHere();
    return;
  }
  if (!asked_) {
    asked_ = true;
    request_splits_();
  }
  next_poll_nanos_ = INT64_MAX;
  if (emitter_.held()) return;
  if (idleness_.OnNoSplit(clock_->SteadyNanos())) emitter_.EmitIdle(true);
  next_poll_nanos_ = idleness_.due_nanos();
}

void SourceOperator::EndHere() {
  ended_ = true;
  next_poll_nanos_ = INT64_MAX;
  emitter_.EmitEnd();
}

absl::Status SourceOperator::TakePoll(Poll poll, int64_t now_nanos) {
  metrics_->CountIn(poll.records);
  metrics_->CountBytesIn(poll.bytes);
  RETURN_IF_ERROR(rejections_.OnPoll(poll));
  if (poll.state == Poll::State::kNothing) {
    if (idleness_.OnNothing(now_nanos)) {
      // As if they had gone idle in the order of their watermarks.
      emitter_.EmitWatermark(splits_.GreatestOpen());
      emitter_.EmitIdle(true);
    }
  } else {
    idleness_.OnProgress();
    if (poll.batch.selected_count() > 0) {
      if (idleness_.OnRows(poll.split)) emitter_.EmitIdle(false);
      RETURN_IF_ERROR(TakeRows(poll.split, poll.event_time_limit_ms,
                               std::move(poll.batch)));
      EmitDueMarker(now_nanos);
    }
  }
  const bool split_ended = poll.state == Poll::State::kEndOfSplit;
  if (watermark_ && (split_ended || now_nanos >= next_emit_nanos_)) {
    emitter_.EmitWatermarkIfRisen();
    next_emit_nanos_ = now_nanos + watermark_->emit_interval_ms * 1'000'000;
  }
  if (split_ended) splits_.Finish(poll.split);
  return absl::OkStatus();
}

void SourceOperator::EmitDueMarker(int64_t now_nanos) {
  metrics_->SetLastRows(now_nanos);
  if (now_nanos < next_marker_nanos_ || marker_interval_nanos_ == INT64_MAX) {
    return;
  }
  next_marker_nanos_ = now_nanos + marker_interval_nanos_;
  // The wall's time when they were polled.
  emitter_.EmitMarker(absl::ToUnixMicros(clock_->Now()) -
                      (clock_->SteadyNanos() - now_nanos) / 1000);
}

absl::Status SourceOperator::TakeRows(int split, int64_t event_time_limit_ms,
                                      Batch decoded) {
  ASSIGN_OR_RETURN(SourceProjection::Rows rows,
                   projection_.Apply(std::move(decoded)));
  Batch& batch = rows.batch;
  if (!watermark_) {
    emitter_.EmitRows(batch, batch.selection(), rows.filter);
    return absl::OkStatus();
  }
  const VectorRef event_times = batch.columns[watermark_->event_time_column];
  if (event_time_limit_ms != INT64_MAX) {
    RETURN_IF_ERROR(rejections_.TakeOutFuture(event_time_limit_ms,
                                              *event_times, batch));
  }
  emitter_.EmitCut(split, batch, *rows.watermarks, *event_times, rows.filter);
  if (const auto last_ms = LastValue(batch.selection(), *event_times)) {
    metrics_->SetEmitLag(absl::ToUnixMillis(clock_->Now()) - *last_ms);
  }
  return absl::OkStatus();
}

void SourceOperator::WaitForMore(int64_t now_nanos,
                                 absl::Duration retry_after) {
  next_poll_nanos_ =
      std::min(After(now_nanos, retry_after), idleness_.due_nanos());
  if (watermark_ && emitter_.HasRisen()) {
    next_poll_nanos_ = std::min(next_poll_nanos_, next_emit_nanos_);
  }
}

absl::Status SourceOperator::Snapshot(CheckpointId checkpoint,
                                      SnapshotWriter& writer) {
  RETURN_IF_ERROR(Failpoint("src.before_offset_capture"));
  std::vector<Split> positions = reader_->Snapshot();
  RETURN_IF_ERROR(Failpoint("src.after_offset_capture"));
  std::vector<std::string> items;
  for (const Split& split : positions) {
    // The last one of that id: an earlier one has ended.
    const auto id = std::find(split_ids_.rbegin(), split_ids_.rend(), split.id);
    const int64_t watermark_ms =
        id == split_ids_.rend()
            ? kMinWatermark
            : splits_.watermark(static_cast<int>(split_ids_.rend() - id) - 1);
    items.push_back(EncodeStoredSplit({split, watermark_ms}));
  }
  open_snapshots_.push_back({checkpoint, std::move(positions)});
  if (open_snapshots_.size() > kMaxOpen) open_snapshots_.pop_front();

  RETURN_IF_ERROR(
      writer.OperatorState(kSplits, Redistribution::kSplit, items));
  RETURN_IF_ERROR(writer.OperatorState(kSourceWatermark, Redistribution::kUnion,
                                       {absl::StrCat(emitter_.emitted_ms())}));
  return writer.OperatorState(kHeld, Redistribution::kUnion,
                              emitter_.held() ? std::vector<std::string>{"1"}
                                              : std::vector<std::string>());
}

absl::Status SourceOperator::Restore(SnapshotReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<std::string> items,
                   reader.OperatorState(kSplits));
  for (const std::string& item : items) {
    auto stored = DecodeStoredSplit(item);
    if (!stored.ok()) return Annotate(stored.status(), name_);
    RETURN_IF_ERROR(AddSplits({stored->split}));
    splits_.Raise(splits_.split_count() - 1, stored->watermark_ms);
  }
  ASSIGN_OR_RETURN(const int64_t watermark_ms,
                   RestoredWatermark(kSourceWatermark, reader));
  ASSIGN_OR_RETURN(const std::vector<std::string> held,
                   reader.OperatorState(kHeld));
  emitter_.Restore(watermark_ms);
  emitter_.Hold(!held.empty());
  return absl::OkStatus();
}

void SourceOperator::OnCheckpointComplete(CheckpointId checkpoint) {
  while (!open_snapshots_.empty() &&
         open_snapshots_.front().checkpoint <= checkpoint) {
    if (open_snapshots_.front().checkpoint == checkpoint) {
      reader_->OnCheckpointComplete(open_snapshots_.front().positions);
    }
    open_snapshots_.pop_front();
  }
}

}  // namespace millrace
