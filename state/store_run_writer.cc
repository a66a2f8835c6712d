#include "state/store_run_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::Status StoreRunWriter::BeginState(const StateSchema& schema) {
  schemas_.push_back(schema);
  return absl::OkStatus();
}

absl::Status StoreRunWriter::Entry(KeyGroup group, absl::string_view key,
                                   absl::string_view value) {
  return LateEntry(schemas_.back().id, group, key, value);
}

absl::Status StoreRunWriter::LateEntry(int32_t state_id, KeyGroup group,
                                       absl::string_view key,
                                       absl::string_view value) {
  Open(state_id, group);
  run_->Put(head_, key, value);
  return absl::OkStatus();
}

absl::Status StoreRunWriter::Erased(KeyGroup group, absl::string_view key) {
  Open(schemas_.back().id, group);
  run_->Erase(head_, key);
  return absl::OkStatus();
}

absl::Status StoreRunWriter::DropPrefix(absl::string_view prefix) {
  for (KeyGroup group = groups_.first; group < groups_.limit;
       group = group.Next()) {
    RETURN_IF_ERROR(DropPrefixIn(group, prefix));
  }
  return absl::OkStatus();
}

absl::Status StoreRunWriter::DropPrefixIn(KeyGroup group,
                                          absl::string_view prefix) {
  std::string first =
      absl::StrCat(StoreKeyHead(group, schemas_.back().id), prefix);
  std::string limit = EndOfPrefix(first);
  run_->Drop({.first = std::move(first), .limit = std::move(limit)});
  return absl::OkStatus();
}

absl::Status StoreRunWriter::OperatorState(
    absl::string_view name, Redistribution redistribution,
    const std::vector<std::string>& items) {
  lists_.push_back({std::string(name), redistribution, items});
  return absl::OkStatus();
}

void StoreRunWriter::AddRest(std::unique_ptr<SnapshotRest> rest) {
  PushRun();
  rests_.push_back(std::move(rest));
}

absl::StatusOr<bool> StoreRunWriter::WriteRest(uint32_t limit) {
  while (!rests_.empty()) {
    const auto done = rests_.front()->WriteOn(limit);
    status_.Update(done.status());
    RETURN_IF_ERROR(status_);
    limit -= *done;
    if (limit == 0) return false;
    // Its entries may be evicted now, though those of the next may not.
    PushRun();
    rests_.pop_front();
  }
  return true;
}

void StoreRunWriter::Push() {
  if (is_pushed_) return;
  is_pushed_ = true;
  (void)WriteRest(UINT32_MAX);  // Leaves its error in status_.
  PushRun();
  if (checkpoint_ && pipeline_->is_used()) {
    pipeline_->PushBarrier(*checkpoint_);
  }
}

void StoreRunWriter::PushRun() {
  pipeline_->Push(std::exchange(run_, std::make_unique<StoreRun>()));
}

void StoreRunWriter::Open(int32_t state_id, KeyGroup group) {
  if (!head_.empty() && state_id == state_id_ && group == group_) return;
  state_id_ = state_id;
  group_ = group;
  head_ = StoreKeyHead(group, state_id);
}

}  // namespace millrace
