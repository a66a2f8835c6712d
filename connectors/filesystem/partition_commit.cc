#include "connectors/filesystem/partition_commit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/base/event_time.h"
#include "runtime/types/datetime_format.h"
#include "runtime/types/datetime_text.h"

namespace millrace {

PartitionCommit::PartitionCommit(const FileOptions& options,
                                 std::vector<std::string> keys)
    : options_(options), keys_(std::move(keys)) {}

void PartitionCommit::OnRows(int partition,
                             const std::vector<std::string>& values,
                             absl::Time now) {
  const auto [found, is_new] = pending_.try_emplace(partition);
  if (!is_new) return;
  found->second.first_row = now;
  if (options_.commit_by_partition_time) {
    found->second.partition_time_ms = PartitionTime(values);
  }
}

std::vector<int> PartitionCommit::TakeDue(int64_t watermark_ms,
                                          absl::Time now) {
  std::vector<int> due;
  const int64_t delay_ms = absl::ToInt64Milliseconds(options_.commit_delay);
  for (auto it = pending_.begin(); it != pending_.end();) {
    const Waiting& pending = it->second;
    const bool is_due =
        options_.commit_by_partition_time
            ? pending.partition_time_ms <= kMaxTimestampMillis &&
                  watermark_ms >= pending.partition_time_ms + delay_ms
            : now >= pending.first_row + options_.commit_delay;
    if (is_due) due.push_back(it->first);
    it = is_due ? pending_.erase(it) : std::next(it);
  }
  return due;
}

std::vector<int> PartitionCommit::TakeAll() {
  std::vector<int> all;
  for (const auto& [partition, pending] : pending_) all.push_back(partition);
  pending_.clear();
  return all;
}

std::vector<std::pair<int, absl::Time>> PartitionCommit::Pending() const {
  std::vector<std::pair<int, absl::Time>> pending;
  for (const auto& [partition, waiting] : pending_) {
    pending.emplace_back(partition, waiting.first_row);
  }
  return pending;
}

int64_t PartitionCommit::PartitionTime(
    const std::vector<std::string>& values) const {
  std::string text;
  if (options_.timestamp_pattern.empty()) {
    text = values.empty() ? std::string() : values[0];
  } else {
    std::vector<std::pair<std::string, std::string>> replacements;
    for (size_t i = 0; i < keys_.size(); ++i) {
      replacements.emplace_back(absl::StrCat("$", keys_[i]), values[i]);
    }
    text = absl::StrReplaceAll(options_.timestamp_pattern, replacements);
  }
  TimeNanos time;
  const auto pattern = DateTimePattern::Compile(
      options_.timestamp_formatter, PatternDialect::kDateTimeFormatter);
  if ((pattern.ok() && pattern->Parse(text, &time)) ||
      ParseTimestampText(text, 3, &time)) {
    return time.millis;
  }
  return kMaxWatermark;
}

}  // namespace millrace
