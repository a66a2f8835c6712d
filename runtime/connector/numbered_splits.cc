#include "runtime/connector/numbered_splits.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace millrace {

std::vector<Split> NumberedSplits::All(int count) {
  std::vector<Split> splits;
  for (int i = 0; i < count; ++i) {
    splits.push_back(
        {absl::StrCat(i, "/", count), absl::StrCat(i * kBlockRows, ",")});
  }
  return splits;
}

absl::Status NumberedSplits::Add(const Split& split) {
  const std::vector<std::string> id = absl::StrSplit(split.id, '/');
  const std::vector<std::string> place = absl::StrSplit(split.position, ',');
  Open open{.id = split.id};
  if (id.size() != 2 || place.size() != 2 ||
      !absl::SimpleAtoi(id[1], &open.split_count) ||
      !absl::SimpleAtoi(place[0], &open.next) ||
      !(place[1].empty() || absl::SimpleAtoi(place[1], &open.base_time_ms))) {
    return absl::DataLossError(absl::StrCat("no split of numbers: ", split.id,
                                            " at ", split.position));
  }
  if (place[1].empty()) {
    open.base_time_ms =
        options_.base_time_ms.value_or(static_cast<int64_t>(NowMs()));
  }
  open.start_ms = NowMs();
  if (options_.rows_per_second > 0) {
    open.start_ms -= open.next * 1000.0 / options_.rows_per_second;
  }
  splits_.push_back(std::move(open));
  return absl::OkStatus();
}

NumberedSplits::Run NumberedSplits::Next(int64_t most) {
  Run run;
  for (size_t tried = 0; tried < splits_.size(); ++tried) {
    const size_t index = turn_++ % splits_.size();
    Open& split = splits_[index];
    if (split.ended) continue;
    run.split = static_cast<int>(index);
    if (options_.row_count > 0 && split.next >= options_.row_count) {
      split.ended = true;
      run.state = Poll::State::kEndOfSplit;
      return run;
    }
    absl::Duration wait;
    run.count = DueCount(split, most, wait);
    if (run.count == 0) {
      run.retry_after = std::min(run.retry_after, wait);
      continue;
    }
    run.state = Poll::State::kRows;
    run.first = split.next;
    run.base_time_ms = split.base_time_ms;
    split.next += run.count;
    if (split.next % kBlockRows == 0) {
      split.next += (split.split_count - 1) * kBlockRows;
    }
    return run;
  }
  return run;
}

std::vector<Split> NumberedSplits::Snapshot() const {
  std::vector<Split> splits;
  for (const Open& split : splits_) {
    if (split.ended) continue;
    splits.push_back(
        {split.id, absl::StrCat(split.next, ",", split.base_time_ms)});
  }
  return splits;
}

double NumberedSplits::NowMs() const {
  return absl::ToDoubleMilliseconds(clock_->Now() - absl::UnixEpoch());
}

int64_t NumberedSplits::DueCount(const Open& split, int64_t most,
                                 absl::Duration& wait) const {
  const int64_t block_end = (split.next / kBlockRows + 1) * kBlockRows;
  int64_t end = std::min(block_end, split.next + most);
  if (options_.row_count > 0) end = std::min(end, options_.row_count);
  if (options_.rows_per_second <= 0) return end - split.next;

  const double elapsed_s = (NowMs() - split.start_ms) / 1000;
  const int64_t due =
      static_cast<int64_t>(elapsed_s * options_.rows_per_second) + 1;
  if (due > split.next) return std::min(end, due) - split.next;
  // Not so short that the worker never sleeps.
  wait = std::max(absl::Milliseconds(1),
                  absl::Seconds(static_cast<double>(split.next - due + 1) /
                                options_.rows_per_second));
  return 0;
}

}  // namespace millrace
