#include "runtime/operators/source_rejections.h"

#include <optional>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A TIMESTAMP without a zone is what clocks show somewhere: up to so much more
// than UTC.
constexpr int64_t kWidestZoneMs = 14 * 3'600'000;

bool AnyBeyond(int64_t limit, const Vector& values, Selection rows) {
  const auto* data = values.data<int64_t>();
  bool any = false;
  rows.ForEach([&](uint32_t row) {
    any |= data[row & values.index_mask()] > limit && !values.IsNull(row);
  });
  return any;
}

}  // namespace

absl::Status SourceRejections::OnPoll(const Poll& poll) {
  if (poll.records == 0) return absl::OkStatus();
  return Reject(poll.records, poll.rejected);
}

absl::Status SourceRejections::TakeOutFuture(int64_t limit_ms,
                                             const Vector& event_times,
                                             Batch& batch) {
  const int64_t lead_ms = parts_.local_event_time ? kWidestZoneMs : 0;
  const int64_t due_ms = limit_ms + lead_ms;
  const Selection rows = batch.selection();
  if (!AnyBeyond(due_ms, event_times, rows)) return absl::OkStatus();

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
  return Reject(0, rejected);
}

absl::Status SourceRejections::Reject(
    int64_t records, const std::vector<RejectedRecord>& rejected) {
  parts_.record_errors->Add(static_cast<int64_t>(rejected.size()));
  if (parts_.policy == nullptr) return absl::OkStatus();
  return parts_.policy->OnPoll(parts_.clock->Now(), records, rejected);
}

}  // namespace millrace
