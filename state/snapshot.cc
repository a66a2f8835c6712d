#include "state/snapshot.h"

#include "runtime/base/check.h"

namespace millrace {

KeyGroupRange KeyGroupsOf(SubtaskIndex subtask, int parallelism,
                          int max_parallelism) {
  // A group g goes to the subtask g * parallelism / max_parallelism, as rows
  // do at an exchange; these are the bounds of that.
  const auto bound = [&](int64_t index) {
    return KeyGroup(static_cast<int32_t>(
        (index * max_parallelism + parallelism - 1) / parallelism));
  };
  return {.first = bound(subtask.value()), .limit = bound(subtask.value() + 1)};
}

HashRange HashesOf(const KeyGroupRange& groups, int max_parallelism) {
  // A group's hashes are [ceil(g 2^64 / max), ceil((g + 1) 2^64 / max)).
  const auto bound = [&](KeyGroup group) {
    const unsigned __int128 scaled =
        static_cast<unsigned __int128>(group.value()) << 64;
    return (scaled + max_parallelism - 1) / max_parallelism;
  };
  return {.first = static_cast<uint64_t>(bound(groups.first)),
          .last = static_cast<uint64_t>(bound(groups.limit) - 1)};
}

absl::Status SnapshotWriter::Erased(KeyGroup, absl::string_view) {
  return absl::InternalError("a whole snapshot has no erased entries");
}

absl::Status SnapshotWriter::DropPrefix(absl::string_view) {
  return absl::InternalError("a whole snapshot drops nothing");
}

absl::Status SnapshotWriter::DropPrefixIn(KeyGroup, absl::string_view prefix) {
  return DropPrefix(prefix);
}

absl::Status SnapshotWriter::LateEntry(int32_t, KeyGroup, absl::string_view,
                                       absl::string_view) {
  return absl::InternalError("the snapshot takes no rest");
}

void SnapshotWriter::AddRest(std::unique_ptr<SnapshotRest>) {
  MILLRACE_CHECK(TakesRest());
}

void SnapshotReader::ShareTurns(int count, absl::FunctionRef<void(int)> turn) {
  for (int i = 0; i < count; ++i) turn(i);
}

absl::Status SnapshotReader::ReadBatches(
    const StateSchema& schema,
    const std::function<absl::Status(const EntryBatch&)>& visit) {
  return ReadState(schema, [&](KeyGroup group, absl::string_view key,
                               absl::string_view value) {
    return visit({.group = group, .keys = {&key, 1}, .values = {&value, 1}});
  });
}

}  // namespace millrace
