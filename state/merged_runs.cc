#include "state/merged_runs.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/shared_loop.h"
#include "runtime/base/status_macros.h"
#include "state/run_file.h"
#include "state/run_merge.h"

namespace millrace {
namespace {

using EntryVisitor = std::function<absl::Status(KeyGroup, absl::string_view,
                                                absl::string_view)>;

absl::StatusOr<RunFile> OpenRun(const KeyedPart::File& file,
                                absl::string_view uid, ObjectStore* store) {
  if (!file.blob.file) {
    const auto size = static_cast<int64_t>(file.blob.inlined.size());
    return RunFile::Open(
        absl::StrCat("(in the manifest, of ", uid, ")"), size,
        [bytes = file.blob.inlined](int64_t offset, int64_t length)
            -> absl::StatusOr<std::string> {
          return bytes.substr(offset, length);
        });
  }
  const FileRef& ref = *file.blob.file;
  return RunFile::Open(
      ref.name, ref.size_bytes,
      [store, name = ref.name](int64_t offset, int64_t length)
          -> absl::StatusOr<std::string> {
        auto bytes = store->Get(name, offset, length);
        if (absl::IsNotFound(bytes.status())) {
          return MakeError(
              absl::StatusCode::kDataLoss,
              {.code = "JOB-0042",
               .what = "a file of a checkpoint is gone",
               .where = name,
               .fix = "Bring the file back from a copy, or start from "
                      "another checkpoint with --from-savepoint"});
        }
        return bytes;
      });
}

// So many that threads that are not alike end together.
constexpr uint64_t kRanges = 16;

struct PartRange {
  const RunStack* part = nullptr;
  SnapshotReader::Range range;
};

uint64_t EntriesIn(const RunFile::State& state, const KeyGroupRange& groups) {
  uint64_t entries = 0;
  for (const RunFile::Group& group : state.groups) {
    if (groups.Contains(group.group)) entries += group.entries;
  }
  return entries;
}

// What the largest run has of the state, which is its base as a rule.
std::vector<RunFile::Group> LargestOf(const RunStack& part, int32_t state_id) {
  const RunFile::State* largest = nullptr;
  uint64_t most = 0;
  for (const RunFile& run : part.runs) {
    const RunFile::State* const state = run.Find(state_id);
    if (state == nullptr) continue;
    const uint64_t entries = EntriesIn(*state, part.groups);
    if (largest == nullptr || entries > most) largest = state;
    most = std::max(most, entries);
  }
  std::vector<RunFile::Group> groups;
  if (largest == nullptr) return groups;
  for (const RunFile::Group& group : largest->groups) {
    if (part.groups.Contains(group.group)) groups.push_back(group);
  }
  return groups;
}

// Every range has about `share` entries.
void CutPart(const RunStack& part, std::span<const RunFile::Group> groups,
             uint64_t share, std::vector<PartRange>& ranges) {
  KeyGroup first = part.groups.first;
  uint64_t entries = 0;
  for (const RunFile::Group& group : groups) {
    entries += group.entries;
    if (entries < share) continue;
    ranges.push_back(
        {&part, {.groups = {first, group.group.Next()}, .entries = entries}});
    first = group.group.Next();
    entries = 0;
  }
  if (first < part.groups.limit) {
    ranges.push_back(
        {&part, {.groups = {first, part.groups.limit}, .entries = entries}});
  }
}

std::string TextOf(const StateSchema& schema) {
  return absl::StrCat("version ", schema.version, " (", schema.key_type,
                      " -> ", schema.value_type, ")");
}

class MergedRunReader final : public SnapshotReader {
 public:
  MergedRunReader(std::vector<OperatorSnapshot> snapshots,
                  std::deque<RunStack> parts, const MergedRunOptions& options)
      : snapshots_(std::move(snapshots)),
        parts_(std::move(parts)),
        options_(options) {}

  absl::Status ReadState(const StateSchema& schema,
                         const EntryVisitor& entry) override {
    return ReadBatches(schema, [&](const EntryBatch& batch) {
      for (size_t i = 0; i < batch.keys.size(); ++i) {
        RETURN_IF_ERROR(entry(batch.group, batch.keys[i], batch.values[i]));
      }
      return absl::OkStatus();
    });
  }

  absl::Status ReadBatches(const StateSchema& schema,
                           const BatchVisitor& visit) override {
    RETURN_IF_ERROR(Check(schema));
    for (const RunStack& part : parts_) {
      RETURN_IF_ERROR(MergeRuns(part, part.groups, schema.id, visit));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> ReadRanges(
      const StateSchema& schema,
      const std::function<absl::Status(std::span<const Range>)>& begin,
      const std::function<absl::Status(size_t, const EntryBatch&)>& visit)
      override {
    RETURN_IF_ERROR(Check(schema));
    const std::vector<PartRange> cut = Cut(schema.id);
    if (cut.empty()) return false;
    std::vector<Range> ranges;
    for (const PartRange& one : cut) ranges.push_back(one.range);
    RETURN_IF_ERROR(begin(ranges));
    std::vector<absl::Status> statuses(cut.size());
    RunSharedLoop(options_.helpers, static_cast<int>(cut.size()), [&](int i) {
      statuses[i] = MergeRuns(
          *cut[i].part, cut[i].range.groups, schema.id,
          [&](const EntryBatch& batch) { return visit(i, batch); });
    });
    for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
    return true;
  }

  void ShareTurns(int count, absl::FunctionRef<void(int)> turn) override {
    RunSharedLoop(options_.helpers, count, turn);
  }

  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    std::vector<std::string> items;
    for (const OperatorSnapshot& snapshot : snapshots_) {
      for (const ItemList& list : snapshot.lists) {
        if (list.name != name) continue;
        items.insert(items.end(), list.items.begin(), list.items.end());
      }
    }
    return items;
  }

 private:
  absl::Status Check(const StateSchema& schema) const {
    for (const OperatorSnapshot& snapshot : snapshots_) {
      for (const StateSchema& stored : snapshot.schemas) {
        if (stored.id != schema.id || stored == schema) continue;
        return absl::FailedPreconditionError(absl::StrCat(
            "state \"", stored.name, "\" of ", snapshot.uid,
            " was stored as ", TextOf(stored), " and the plan has \"",
            schema.name, "\" as ", TextOf(schema)));
      }
    }
    return absl::OkStatus();
  }

  // Empty: too few entries.
  std::vector<PartRange> Cut(int32_t state_id) const {
    std::vector<std::vector<RunFile::Group>> largest;
    uint64_t entries = 0;
    for (const RunStack& part : parts_) {
      largest.push_back(LargestOf(part, state_id));
      for (const RunFile::Group& group : largest.back()) {
        entries += group.entries;
      }
    }
    std::vector<PartRange> ranges;
    if (entries < options_.least_shared) return ranges;
    for (size_t i = 0; i < parts_.size(); ++i) {
      CutPart(parts_[i], largest[i], entries / kRanges + 1, ranges);
    }
    return ranges;
  }

  const std::vector<OperatorSnapshot> snapshots_;
  const std::deque<RunStack> parts_;  // Their key groups ascend.
  const MergedRunOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenMergedRuns(
    std::vector<OperatorSnapshot> snapshots, ObjectStore* store,
    const MergedRunOptions& options) {
  std::deque<RunStack> parts;
  for (const OperatorSnapshot& snapshot : snapshots) {
    for (const KeyedPart& stored : snapshot.parts) {
      if (stored.form != KeyedPart::Form::kRuns) {
        return absl::FailedPreconditionError(absl::StrCat(
            "the state of ", snapshot.uid,
            " lies in files of another state backend; take a savepoint with "
            "that backend, which every backend reads"));
      }
      RunStack part = {.groups = stored.groups};
      for (const KeyedPart::File& file : stored.files) {
        ASSIGN_OR_RETURN(RunFile run, OpenRun(file, snapshot.uid, store));
        part.runs.push_back(std::move(run));
      }
      parts.push_back(std::move(part));
    }
  }
  std::sort(parts.begin(), parts.end(),
            [](const RunStack& a, const RunStack& b) {
              return a.groups.first < b.groups.first;
            });
  return std::make_unique<MergedRunReader>(std::move(snapshots),
                                           std::move(parts), options);
}

}  // namespace millrace
