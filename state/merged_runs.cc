#include "state/merged_runs.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/dropped_prefixes.h"
#include "state/run_cursor.h"
#include "state/run_file.h"

namespace millrace {
namespace {

using EntryVisitor = std::function<absl::Status(KeyGroup, absl::string_view,
                                                absl::string_view)>;

struct Part {
  KeyGroupRange groups;
  std::deque<RunFile> runs;  // Oldest first.
};

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

// The entries of one state in one part, of all its runs at once.
class PartMerge {
 public:
  PartMerge(const Part& part, int32_t state_id) : groups_(part.groups) {
    DroppedPrefixes dropped;
    for (auto run = part.runs.rbegin(); run != part.runs.rend(); ++run) {
      const RunFile::State* state = run->Find(state_id);
      if (state == nullptr) continue;
      layers_.push_back({RunCursor(&*run, state, groups_.limit), dropped});
      dropped.Add(state->dropped);
      if (dropped.CoversAll()) break;
    }
  }

  absl::Status Visit(const EntryVisitor& visit) {
    if (layers_.empty()) return absl::OkStatus();
    for (KeyGroup group = groups_.first; group < groups_.limit;
         group = group.Next()) {
      for (Layer& layer : layers_) {
        RETURN_IF_ERROR(layer.cursor.Open(group));
      }
      RETURN_IF_ERROR(layers_.size() == 1 ? VisitOnly(group, visit)
                                          : VisitMerged(group, visit));
    }
    return absl::OkStatus();
  }

 private:
  struct Layer {
    RunCursor cursor;
    DroppedPrefixes dropped;  // By the runs on top of it.
  };

  absl::Status VisitOnly(KeyGroup group, const EntryVisitor& visit) {
    RunCursor& cursor = layers_[0].cursor;
    while (cursor.entry()) {
      if (!cursor.entry()->erased) {
        RETURN_IF_ERROR(
            visit(group, cursor.entry()->key, cursor.entry()->value));
      }
      RETURN_IF_ERROR(cursor.Next());
    }
    return absl::OkStatus();
  }

  // The newest of the layers with the least key.
  Layer* Least() {
    Layer* least = nullptr;
    for (Layer& layer : layers_) {
      if (layer.cursor.entry() &&
          (least == nullptr ||
           layer.cursor.entry()->key < least->cursor.entry()->key)) {
        least = &layer;
      }
    }
    return least;
  }

  absl::Status VisitMerged(KeyGroup group, const EntryVisitor& visit) {
    while (Layer* least = Least()) {
      const RunEntry entry = *least->cursor.entry();
      if (!entry.erased && !least->dropped.Covers(entry.key)) {
        RETURN_IF_ERROR(visit(group, entry.key, entry.value));
      }
      // The entry's bytes stay where they are until the next group.
      for (Layer& layer : layers_) {
        if (layer.cursor.entry() && layer.cursor.entry()->key == entry.key) {
          RETURN_IF_ERROR(layer.cursor.Next());
        }
      }
    }
    return absl::OkStatus();
  }

  const KeyGroupRange groups_;
  std::vector<Layer> layers_;  // Newest first.
};

std::string TextOf(const StateSchema& schema) {
  return absl::StrCat("version ", schema.version, " (", schema.key_type,
                      " -> ", schema.value_type, ")");
}

class MergedRunReader final : public SnapshotReader {
 public:
  MergedRunReader(std::vector<OperatorSnapshot> snapshots,
                  std::deque<Part> parts)
      : snapshots_(std::move(snapshots)), parts_(std::move(parts)) {}

  absl::Status ReadState(const StateSchema& schema,
                         const EntryVisitor& entry) override {
    for (const OperatorSnapshot& snapshot : snapshots_) {
      for (const StateSchema& stored : snapshot.schemas) {
        if (stored.id != schema.id || stored == schema) continue;
        return absl::FailedPreconditionError(absl::StrCat(
            "state \"", stored.name, "\" of ", snapshot.uid,
            " was stored as ", TextOf(stored), " and the plan has \"",
            schema.name, "\" as ", TextOf(schema)));
      }
    }
    for (const Part& part : parts_) {
      RETURN_IF_ERROR(PartMerge(part, schema.id).Visit(entry));
    }
    return absl::OkStatus();
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
  const std::vector<OperatorSnapshot> snapshots_;
  const std::deque<Part> parts_;  // Their key groups ascend.
};

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenMergedRuns(
    std::vector<OperatorSnapshot> snapshots, ObjectStore* store) {
  std::deque<Part> parts;
  for (const OperatorSnapshot& snapshot : snapshots) {
    for (const KeyedPart& stored : snapshot.parts) {
      if (stored.form != KeyedPart::Form::kRuns) {
        return absl::FailedPreconditionError(absl::StrCat(
            "the state of ", snapshot.uid,
            " lies in files of another state backend; take a savepoint with "
            "that backend, which every backend reads"));
      }
      Part part = {.groups = stored.groups};
      for (const KeyedPart::File& file : stored.files) {
        ASSIGN_OR_RETURN(RunFile run, OpenRun(file, snapshot.uid, store));
        part.runs.push_back(std::move(run));
      }
      parts.push_back(std::move(part));
    }
  }
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.groups.first < b.groups.first;
  });
  return std::make_unique<MergedRunReader>(std::move(snapshots),
                                           std::move(parts));
}

}  // namespace millrace
