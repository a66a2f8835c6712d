#include "state/merged_runs.h"

#include <algorithm>
#include <deque>
#include <optional>
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
using BatchVisitor = std::function<absl::Status(const EntryBatch&)>;

// Gathers entries of one key group whose bytes stay where they are.
class Batcher {
 public:
  explicit Batcher(const BatchVisitor& visit) : visit_(visit) {}

  absl::Status Add(KeyGroup group, const RunEntry& entry) {
    group_ = group;
    keys_[count_] = entry.key;
    values_[count_] = entry.value;
    return ++count_ < EntryBatch::kMaxEntries ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    const size_t count = std::exchange(count_, 0);
    if (count == 0) return absl::OkStatus();
    return visit_({.group = group_,
                   .keys = {keys_, count},
                   .values = {values_, count}});
  }

 private:
  const BatchVisitor& visit_;
  KeyGroup group_;
  size_t count_ = 0;
  absl::string_view keys_[EntryBatch::kMaxEntries];
  absl::string_view values_[EntryBatch::kMaxEntries];
};

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

  absl::Status Visit(const BatchVisitor& visit) {
    Batcher batch(visit);
    for (KeyGroup group = groups_.first; group < groups_.limit;
         group = group.Next()) {
      for (Layer& layer : layers_) {
        RETURN_IF_ERROR(layer.cursor.Open(group));
      }
      while (const auto next = Least()) {
        RETURN_IF_ERROR(next->is_doubled
                            ? TakeDoubled(group, *next->least, batch)
                            : TakeUpTo(group, next->bound, *next->least,
                                       batch));
      }
      // Bytes may go with the group.
      RETURN_IF_ERROR(batch.Flush());
    }
    return absl::OkStatus();
  }

 private:
  struct Layer {
    RunCursor cursor;
    DroppedPrefixes dropped;  // By the runs on top of it.
  };
  struct Next {
    Layer* least = nullptr;  // The newest of the layers with the least key.
    const RunCursor* bound = nullptr;  // With the next one of other layers.
    bool is_doubled = false;           // That is the same key.
  };

  std::optional<Next> Least() {
    Next next;
    for (Layer& layer : layers_) {
      if (layer.cursor.entry() == nullptr) continue;
      if (next.least == nullptr ||
          layer.cursor.IsBefore(next.least->cursor)) {
        if (next.least != nullptr) next.bound = &next.least->cursor;
        next.least = &layer;
      } else if (next.bound == nullptr ||
                 layer.cursor.IsBefore(*next.bound)) {
        next.bound = &layer.cursor;
      }
    }
    if (next.least == nullptr) return std::nullopt;
    next.is_doubled =
        next.bound != nullptr && !next.least->cursor.IsBefore(*next.bound);
    return next;
  }

  static absl::Status Give(KeyGroup group, const Layer& layer,
                           Batcher& batch) {
    const RunEntry& entry = *layer.cursor.entry();
    if (entry.erased ||
        (!layer.dropped.empty() && layer.dropped.Covers(entry.key))) {
      return absl::OkStatus();
    }
    return batch.Add(group, entry);
  }

  // A run on top is small as a rule: between two of its keys lie many.
  static absl::Status TakeUpTo(KeyGroup group, const RunCursor* bound,
                               Layer& layer, Batcher& batch) {
    do {
      RETURN_IF_ERROR(Give(group, layer, batch));
      RETURN_IF_ERROR(layer.cursor.Next());
    } while (layer.cursor.entry() != nullptr &&
             (bound == nullptr || layer.cursor.IsBefore(*bound)));
    return absl::OkStatus();
  }

  // What older runs say of the key does not count.
  absl::Status TakeDoubled(KeyGroup group, const Layer& newest,
                           Batcher& batch) {
    RETURN_IF_ERROR(Give(group, newest, batch));
    const absl::string_view key = newest.cursor.entry()->key;
    for (Layer& layer : layers_) {
      if (layer.cursor.entry() != nullptr &&
          layer.cursor.entry()->key == key) {
        RETURN_IF_ERROR(layer.cursor.Next());
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
    return ReadBatches(schema, [&](const EntryBatch& batch) {
      for (size_t i = 0; i < batch.keys.size(); ++i) {
        RETURN_IF_ERROR(entry(batch.group, batch.keys[i], batch.values[i]));
      }
      return absl::OkStatus();
    });
  }

  absl::Status ReadBatches(const StateSchema& schema,
                           const BatchVisitor& visit) override {
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
      RETURN_IF_ERROR(PartMerge(part, schema.id).Visit(visit));
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
