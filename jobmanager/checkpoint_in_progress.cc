#include "jobmanager/checkpoint_in_progress.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"

namespace millrace {

void CheckpointInProgress::Record(const SubtaskId& subtask,
                                  std::vector<OperatorSnapshot> snapshots) {
  MILLRACE_CHECK(missing_.erase(subtask) == 1);
  manifest.operators.insert(manifest.operators.end(),
                            std::make_move_iterator(snapshots.begin()),
                            std::make_move_iterator(snapshots.end()));
}

std::string CheckpointInProgress::MissingText() const {
  constexpr int kMostNamed = 5;
  std::string text = absl::StrCat(missing_.size(), " of ", subtasks_,
                                  " subtasks did not answer:");
  int named = 0;
  for (const SubtaskId& subtask : missing_) {
    if (named++ == kMostNamed) {
      absl::StrAppend(&text, " ...");
      break;
    }
    absl::StrAppend(&text, named == 1 ? " " : ", ", subtask.vertex.value(),
                    "[", subtask.index, "]");
  }
  return text;
}

std::optional<checkpoint::Action> CheckpointInProgress::Enter(Phase next) {
  phase = next;
  refused_since_ = absl::InfiniteDuration();
  refusal_ = absl::OkStatus();
  return Request();
}

std::optional<checkpoint::Action> CheckpointInProgress::Request() {
  retry_at_ = absl::InfiniteDuration();
  switch (phase) {
    case Phase::kReserving:
      return checkpoint::ReserveId{};
    case Phase::kCollecting:
      return std::nullopt;
    case Phase::kWriting:
      return checkpoint::WriteManifest{std::make_shared<Manifest>(manifest)};
    case Phase::kSwapping:
      return checkpoint::SwapPointer{manifest.checkpoint, ends_job};
  }
  return std::nullopt;
}

void CheckpointInProgress::OnRefused(const absl::Status& why,
                                     absl::Duration now, absl::Duration wait) {
  refusal_ = why;
  refused_since_ = std::min(refused_since_, now);
  retry_at_ = now + wait;
}

absl::Duration CheckpointInProgress::Due(absl::Duration timeout) const {
  if (is_waiting()) return retry_at_;
  const bool may_be_given_up =
      phase == Phase::kReserving || phase == Phase::kCollecting;
  return may_be_given_up ? GivenUpAt(timeout) : absl::InfiniteDuration();
}

std::optional<std::string> CheckpointInProgress::Overdue(
    absl::Duration timeout, absl::Duration now) const {
  if (now - refused_since_ >= kLongestRefusal) {
    return absl::StrCat("refused for ",
                        absl::FormatDuration(now - refused_since_), ": ",
                        refusal_.message());
  }
  if (now < GivenUpAt(timeout)) return std::nullopt;
  const absl::Duration taken = held_up_.ok() ? timeout : now - begun;
  return absl::StrCat("not done within ", absl::FormatDuration(taken), ": ",
                      !refusal_.ok() ? std::string(refusal_.message())
                      : phase == Phase::kCollecting
                          ? MissingText()
                          : "the store did not answer");
}

void CheckpointInProgress::SortOperators() {
  std::sort(manifest.operators.begin(), manifest.operators.end(),
            [](const OperatorSnapshot& a, const OperatorSnapshot& b) {
              return std::tie(a.uid, a.subtask) < std::tie(b.uid, b.subtask);
            });
}

}  // namespace millrace
