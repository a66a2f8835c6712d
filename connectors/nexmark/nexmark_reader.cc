#include "connectors/nexmark/nexmark_reader.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"

namespace millrace::nexmark {

NexmarkReader::NexmarkReader(const SourceOptions& options,
                             std::vector<Column> columns, const Clock* clock)
    : options_(options),
      columns_(std::move(columns)),
      clock_(clock),
      text_(options.model) {}

// Ids read "<index>/<count>"; an empty base time in the position means that
// this is the split's first start.
absl::Status NexmarkReader::AddSplit(const Split& split) {
  const std::vector<std::string> id = absl::StrSplit(split.id, '/');
  const std::vector<std::string> place = absl::StrSplit(split.position, ',');
  OpenSplit open{.id = split.id};
  if (id.size() != 2 || place.size() != 2 ||
      !absl::SimpleAtoi(id[1], &open.split_count) ||
      !absl::SimpleAtoi(place[0], &open.next_event)) {
    return absl::DataLossError(absl::StrCat("nexmark split ", split.id,
                                            " at ", split.position));
  }
  if (place[1].empty()) {
    open.base_time_ms = options_.base_time_is_now
                            ? absl::ToUnixMillis(clock_->Now())
                            : options_.model.base_time_ms;
  } else if (!absl::SimpleAtoi(place[1], &open.base_time_ms)) {
    return absl::DataLossError("nexmark split without a base time");
  }
  open.start_ms = absl::ToDoubleMilliseconds(clock_->Now() - absl::UnixEpoch()) -
                  open.next_event * 1000.0 / options_.model.events_per_second;
  splits_.push_back(std::move(open));
  return absl::OkStatus();
}

std::vector<Split> NexmarkReader::Snapshot() const {
  std::vector<Split> splits;
  for (const OpenSplit& split : splits_) {
    if (split.ended) continue;
    splits.push_back({split.id, absl::StrCat(split.next_event, ",",
                                             split.base_time_ms)});
  }
  return splits;
}

int64_t NexmarkReader::NextOf(const OpenSplit& split, int64_t number) const {
  if (number % kBlockEvents != 0) return number;
  return number + (split.split_count - 1) * kBlockEvents;
}

int64_t NexmarkReader::DueEvents(const OpenSplit& split, int64_t limit,
                                 absl::Duration& wait) const {
  const int64_t block_end =
      (split.next_event / kBlockEvents + 1) * kBlockEvents;
  int64_t end = std::min(block_end, split.next_event + limit);
  if (options_.event_count > 0) end = std::min(end, options_.event_count);
  if (!options_.rate_limited) return end - split.next_event;

  const double elapsed_ms =
      absl::ToDoubleMilliseconds(clock_->Now() - absl::UnixEpoch()) -
      split.start_ms;
  const int64_t due = static_cast<int64_t>(
      elapsed_ms / 1000 * options_.model.events_per_second) + 1;
  if (due > split.next_event) return std::min(end, due) - split.next_event;
  // One event's distance, but not so short that the worker never sleeps.
  wait = std::max(
      absl::Milliseconds(1),
      absl::Seconds(static_cast<double>(split.next_event - due + 1) /
                    options_.model.events_per_second));
  return 0;
}

absl::StatusOr<Poll> NexmarkReader::Next(uint32_t max_rows) {
  Poll poll;
  poll.retry_after = absl::InfiniteDuration();
  for (size_t tried = 0; tried < splits_.size(); ++tried) {
    const size_t index = turn_++ % splits_.size();
    OpenSplit& split = splits_[index];
    if (split.ended) continue;
    poll.split = static_cast<int>(index);
    if (options_.event_count > 0 &&
        split.next_event >= options_.event_count) {
      split.ended = true;
      poll.state = Poll::State::kEndOfSplit;
      return poll;
    }
    absl::Duration wait;
    const int64_t count = DueEvents(split, max_rows, wait);
    if (count == 0) {
      poll.retry_after = std::min(poll.retry_after, wait);
      continue;
    }
    poll.state = Poll::State::kRows;
    poll.batch = Make(split, count);
    poll.records = count;
    split.next_event = NextOf(split, split.next_event + count);
    return poll;
  }
  return poll;
}

Batch NexmarkReader::Make(const OpenSplit& split, int64_t count) {
  ModelOptions model_options = options_.model;
  model_options.base_time_ms = split.base_time_ms;
  const EventModel model(model_options);
  ids_.resize(count);
  kinds_.resize(count);
  EventId id = model.Locate(split.next_event);
  const int cycle_length = model.cycle_length();
  for (int64_t i = 0; i < count; ++i) {
    ids_[i] = id;
    kinds_[i] = model.Kind(id);
    ++id.number;
    if (++id.offset == cycle_length) {
      id.offset = 0;
      ++id.cycle;
    }
  }
  const EventRows rows{model, text_, ids_, kinds_};
  Batch batch;
  batch.row_count = static_cast<uint32_t>(count);
  for (const Column& column : columns_) {
    batch.columns.push_back(
        !column.kind    ? MakeEventTypes(rows)
        : column.field  ? MakeField(rows, *column.field)
                        : MakeRow(rows, *column.kind, column.type));
  }
  return batch;
}

}  // namespace millrace::nexmark
