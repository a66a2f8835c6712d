#include "state/run_merge.h"

#include <optional>
#include <utility>
#include <vector>

#include "runtime/base/status_macros.h"
#include "state/dropped_prefixes.h"
#include "state/run_cursor.h"

namespace millrace {
namespace {

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

class RunMerge {
 public:
  RunMerge(const RunStack& stack, const KeyGroupRange& groups,
           int32_t state_id)
      : groups_(groups) {
    DroppedPrefixes dropped;
    for (auto run = stack.runs.rbegin(); run != stack.runs.rend(); ++run) {
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

}  // namespace

absl::Status MergeRuns(const RunStack& stack, const KeyGroupRange& groups,
                       int32_t state_id, const BatchVisitor& visit) {
  return RunMerge(stack, groups, state_id).Visit(visit);
}

}  // namespace millrace
