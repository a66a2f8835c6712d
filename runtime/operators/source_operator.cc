#include "runtime/operators/source_operator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What a Snapshot writes its splits under: items "id \0 position".
constexpr absl::string_view kSplitsState = "splits";

// A TIMESTAMP without a zone is what clocks show somewhere: up to so much more
// than UTC.
constexpr int64_t kWidestZoneMs = 14 * 3'600'000;

// How long rows that nobody wants may be read at a stretch: a worker's turn.
// It has other tasklets, and messages to look at.
constexpr int64_t kFruitlessNanos = 150'000;

// Whether a row of `rows` may be behind the watermark of the rows before it:
// a bound that costs two passes without a branch, so that data in order is
// never looked at row by row.
bool MayHaveLateRow(Selection rows, const Vector& watermarks,
                    const Vector& event_times, int64_t running,
                    int64_t others) {
  if (!rows.is_dense() || watermarks.is_constant() ||
      event_times.is_constant() || watermarks.may_have_nulls() ||
      event_times.may_have_nulls()) {
    return true;
  }
  const auto* marks = watermarks.data<int64_t>();
  const auto* times = event_times.data<int64_t>();
  int64_t greatest = running;
  int64_t least = INT64_MAX;
  for (uint32_t row = 0; row < rows.size(); ++row) {
    greatest = std::max(greatest, marks[row]);
    least = std::min(least, times[row]);
  }
  return least <= std::min(greatest, others);
}

int64_t GreatestValue(Selection rows, const Vector& values, int64_t start) {
  const auto* data = values.data<int64_t>();
  int64_t greatest = start;
  rows.ForEach([&](uint32_t row) {
    if (!values.IsNull(row)) {
      greatest = std::max(greatest, data[row & values.index_mask()]);
    }
  });
  return greatest;
}

}  // namespace

SourceOperator::SourceOperator(Parts parts, const OperatorContext& context)
    : parts_(std::move(parts)), context_(context) {
  MetricGroup* metrics = parts_.metrics->group();
  record_errors_ = metrics->AddCounter("numRecordsInErrors",
                                       "Records that could not be decoded.");
  if (parts_.watermark) parts_.metrics->AddWatermarkLag(context.clock);
}

absl::StatusOr<SourceOperator::Step> SourceOperator::Next() {
  int64_t first_poll_nanos = -1;
  while (true) {
    if (!ready_.empty()) {
      Step step = std::move(ready_.front());
      ready_.pop_front();
      return step;
    }
    if (ended_) return Step{};
    RETURN_IF_ERROR(TakeCommands());
    if (splits_.open_count() == 0) {
      AskOrEnd();
      if (ready_.empty()) return Step{};
      continue;
    }
    const int64_t now = context_.clock->SteadyNanos();
    if (first_poll_nanos < 0) first_poll_nanos = now;
    if (now - first_poll_nanos >= kFruitlessNanos) {
      next_poll_nanos_ = now;
      return Step{};
    }
    ASSIGN_OR_RETURN(Poll poll, parts_.reader->Next(kMaxBatchRows));
    const bool nothing = poll.state == Poll::State::kNothing;
    const absl::Duration retry_after = poll.retry_after;
    RETURN_IF_ERROR(TakePoll(std::move(poll), now));
    if (nothing && ready_.empty()) {
      next_poll_nanos_ = now + absl::ToInt64Nanoseconds(retry_after);
      if (parts_.watermark && !held_ && splits_.Merged().value_or(kMinWatermark) >
                                  emitted_ms_) {
        next_poll_nanos_ = std::min(next_poll_nanos_, next_emit_nanos_);
      }
      return Step{};
    }
  }
}

absl::Status SourceOperator::TakeCommands() {
  for (SplitCommand& command : parts_.inbox->TakeAll()) {
    RETURN_IF_ERROR(AddSplits(command.splits));
    if (command.no_more_splits) no_more_splits_ = true;
    held_ = command.hold_watermark;
  }
  return absl::OkStatus();
}

absl::Status SourceOperator::AddSplits(const std::vector<Split>& splits) {
  for (const Split& split : splits) {
    RETURN_IF_ERROR(parts_.reader->AddSplit(split));
    splits_.AddSplit();
    idle_nanos_.push_back(0);
    asked_ = false;
    no_split_since_nanos_ = -1;
  }
  return absl::OkStatus();
}

void SourceOperator::AskOrEnd() {
  if (no_more_splits_) {
    ended_ = true;
    emitted_ms_ = kMaxWatermark;
    parts_.metrics->SetOutputWatermark(kMaxWatermark);
    ready_.push_back(
        {.kind = Step::Kind::kWatermark, .watermark_ms = kMaxWatermark});
    ready_.push_back({.kind = Step::Kind::kEnd});
    return;
  }
  if (!asked_) {
    asked_ = true;
    parts_.request_splits();
  }
  next_poll_nanos_ = INT64_MAX;
  WaitWithoutSplit();
}

// A subtask that got nothing to read must not hold the others' watermark for
// ever, where idleness is asked for.
void SourceOperator::WaitWithoutSplit() {
  if (idle_ || held_ || !parts_.watermark ||
      parts_.watermark->idle_timeout_ms == 0) {
    return;
  }
  const int64_t now = context_.clock->SteadyNanos();
  if (no_split_since_nanos_ < 0) no_split_since_nanos_ = now;
  const int64_t due_nanos =
      no_split_since_nanos_ + parts_.watermark->idle_timeout_ms * 1'000'000;
  if (now < due_nanos) {
    next_poll_nanos_ = due_nanos;
    return;
  }
  idle_ = true;
  ready_.push_back({.kind = Step::Kind::kIdle});
}

absl::Status SourceOperator::TakePoll(Poll poll, int64_t now_nanos) {
  parts_.metrics->CountIn(poll.records);
  parts_.metrics->CountBytesIn(poll.bytes);
  if (parts_.rejections != nullptr && poll.records > 0) {
    record_errors_->Add(static_cast<int64_t>(poll.rejected.size()));
    RETURN_IF_ERROR(parts_.rejections->OnPoll(context_.clock->Now(),
                                              poll.records, poll.rejected));
  }
  if (poll.state == Poll::State::kNothing) {
    UpdateIdleness(now_nanos);
  } else {
    last_nothing_nanos_ = -1;
    if (poll.batch.selected_count() > 0) {
      TouchSplit(poll.split);
      RETURN_IF_ERROR(TakeRows(poll.split, poll.event_time_limit_ms,
                               std::move(poll.batch)));
    }
  }
  const bool split_ended = poll.state == Poll::State::kEndOfSplit;
  if (parts_.watermark && (split_ended || now_nanos >= next_emit_nanos_)) {
    EmitWatermarkIfRisen();
    next_emit_nanos_ =
        now_nanos + parts_.watermark->emit_interval_ms * 1'000'000;
  }
  if (split_ended) splits_.Finish(poll.split);
  return absl::OkStatus();
}

absl::Status SourceOperator::TakeRows(int split, int64_t event_time_limit_ms,
                                      Batch decoded) {
  Batch batch;
  if (parts_.columns == nullptr) {
    batch = std::move(decoded);
  } else {
    ASSIGN_OR_RETURN(batch.columns, Evaluate(*parts_.columns, decoded));
    batch.row_count = decoded.row_count;
    batch.selected = std::move(decoded.selected);
    batch.kinds = std::move(decoded.kinds);
  }
  VectorRef filter;
  std::vector<VectorRef> conditions;
  if (parts_.conditions != nullptr) {
    ASSIGN_OR_RETURN(conditions, Evaluate(*parts_.conditions, batch));
    if (parts_.has_filter) filter = conditions.back();
  }
  if (!parts_.watermark) {
    EmitRows(batch, batch.selection(), filter);
    return absl::OkStatus();
  }
  const VectorRef event_times =
      batch.columns[parts_.watermark->event_time_column];
  if (event_time_limit_ms != INT64_MAX) {
    RETURN_IF_ERROR(RejectFuture(event_time_limit_ms, *event_times, batch));
  }
  EmitCut(split, batch, *conditions[0], *event_times, filter);
  return absl::OkStatus();
}

absl::Status SourceOperator::RejectFuture(int64_t limit_ms,
                                          const Vector& event_times,
                                          Batch& batch) {
  const int64_t lead_ms =
      parts_.watermark->watermark.type.Is(TypeRoot::kTimestampLtz)
          ? 0
          : kWidestZoneMs;
  const Selection rows = batch.selection();
  const int64_t due_ms = limit_ms + lead_ms;
  if (GreatestValue(rows, event_times, INT64_MIN) <= due_ms) {
    return absl::OkStatus();
  }
  std::vector<RejectedRecord> rejected;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  const auto* times = event_times.data<int64_t>();
  rows.ForEach([&](uint32_t row) {
    std::optional<RejectedRecord> refused;
    const int64_t time = times[row & event_times.index_mask()];
    if (!event_times.IsNull(row) && time > due_ms) {
      refused = parts_.reader->CheckEventTime(row, time - lead_ms);
    }
    if (refused) {
      rejected.push_back(*std::move(refused));
    } else {
      kept->push_back(row);
    }
  });
  if (rejected.empty()) return absl::OkStatus();
  batch.selected = std::move(kept);
  record_errors_->Add(static_cast<int64_t>(rejected.size()));
  if (parts_.rejections == nullptr) return absl::OkStatus();
  return parts_.rejections->OnPoll(context_.clock->Now(), 0, rejected);
}

absl::StatusOr<std::vector<VectorRef>> SourceOperator::Evaluate(
    Evaluator& evaluator, const Batch& batch) {
  RowErrors errors;
  std::vector<VectorRef> results =
      evaluator.Evaluate(batch, batch.selection(), errors);
  if (!errors.empty()) {
    return Annotate(errors.entries()[0].status, context_.name);
  }
  return results;
}

void SourceOperator::EmitCut(int split, const Batch& batch,
                             const Vector& watermarks,
                             const Vector& event_times,
                             const VectorRef& filter) {
  const Selection rows = batch.selection();
  int64_t running = splits_.watermark(split);
  const int64_t others =
      held_ ? kMinWatermark : splits_.LeastOfOthers(split);
  if (!MayHaveLateRow(rows, watermarks, event_times, running, others)) {
    EmitRows(batch, rows, filter);
    splits_.Raise(split, GreatestValue(rows, watermarks, running));
    return;
  }
  const auto* marks = watermarks.data<int64_t>();
  const auto* times = event_times.data<int64_t>();
  std::vector<uint32_t> segment;
  rows.ForEach([&](uint32_t row) {
    const int64_t due = std::min(running, others);
    if (due > emitted_ms_ && !event_times.IsNull(row) &&
        times[row & event_times.index_mask()] <= due) {
      EmitRows(batch,
               Selection::Of(segment.data(),
                             static_cast<uint32_t>(segment.size())),
               filter);
      segment.clear();
      splits_.Raise(split, running);
      EmitWatermarkIfRisen();
    }
    segment.push_back(row);
    if (!watermarks.IsNull(row)) {
      running = std::max(running, marks[row & watermarks.index_mask()]);
    }
  });
  if (segment.size() == batch.row_count) {
    EmitRows(batch, Selection::All(batch.row_count), filter);
  } else {
    EmitRows(
        batch,
        Selection::Of(segment.data(), static_cast<uint32_t>(segment.size())),
        filter);
  }
  splits_.Raise(split, running);
}

void SourceOperator::EmitRows(const Batch& batch, Selection rows,
                              const VectorRef& filter) {
  Step step = {.kind = Step::Kind::kBatch, .batch = batch};
  if (filter != nullptr) {
    rows_.clear();
    SelectTrue(*filter, rows, rows_);
    rows = Selection::Of(rows_.data(), static_cast<uint32_t>(rows_.size()));
  }
  if (rows.size() == 0) return;
  if (rows.size() == batch.row_count) {
    step.batch.selected = nullptr;
  } else if (!rows.is_dense()) {
    step.batch.selected = std::make_shared<std::vector<uint32_t>>(
        rows.rows(), rows.rows() + rows.size());
  }
  parts_.metrics->CountOut(rows.size());
  ready_.push_back(std::move(step));
}

void SourceOperator::EmitWatermarkIfRisen() {
  const std::optional<int> holder = splits_.Holder();
  parts_.metrics->SetWatermarkHolder(holder.value_or(-1));
  if (holder) EmitWatermark(splits_.watermark(*holder));
}

void SourceOperator::EmitWatermark(int64_t watermark_ms) {
  if (held_ || watermark_ms <= emitted_ms_) return;
  emitted_ms_ = watermark_ms;
  parts_.metrics->SetOutputWatermark(emitted_ms_);
  ready_.push_back(
      {.kind = Step::Kind::kWatermark, .watermark_ms = emitted_ms_});
}

void SourceOperator::UpdateIdleness(int64_t now_nanos) {
  const int64_t waited =
      last_nothing_nanos_ < 0 ? 0 : now_nanos - last_nothing_nanos_;
  last_nothing_nanos_ = now_nanos;
  if (!parts_.watermark || parts_.watermark->idle_timeout_ms == 0) return;
  const int64_t timeout = parts_.watermark->idle_timeout_ms * 1'000'000;
  for (int split = 0; split < splits_.split_count(); ++split) {
    if (splits_.is_finished(split)) continue;
    idle_nanos_[split] += waited;
    if (idle_nanos_[split] >= timeout) splits_.SetIdle(split, true);
  }
  if (!idle_ && splits_.AllIdle()) {
    idle_ = true;
    // As if they had gone idle in the order of their watermarks.
    EmitWatermark(splits_.GreatestOpen());
    ready_.push_back({.kind = Step::Kind::kIdle});
  }
}

void SourceOperator::TouchSplit(int split) {
  idle_nanos_[split] = 0;
  splits_.SetIdle(split, false);
  if (idle_) {
    idle_ = false;
    ready_.push_back({.kind = Step::Kind::kActive});
  }
}

absl::Status SourceOperator::Snapshot(SnapshotWriter& writer) {
  std::vector<std::string> items;
  for (const Split& split : parts_.reader->Snapshot()) {
    items.push_back(
        absl::StrCat(split.id, absl::string_view("\0", 1), split.position));
  }
  return writer.OperatorState(kSplitsState,
                              SnapshotWriter::Redistribution::kSplit, items);
}

absl::Status SourceOperator::Restore(SnapshotReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<std::string> items,
                   reader.OperatorState(kSplitsState));
  std::vector<Split> splits;
  for (const std::string& item : items) {
    const size_t end = item.find('\0');
    if (end == std::string::npos) {
      return absl::DataLossError(
          absl::StrCat("a split of ", context_.name, " has no position"));
    }
    splits.push_back({item.substr(0, end), item.substr(end + 1)});
  }
  return AddSplits(splits);
}

}  // namespace millrace
