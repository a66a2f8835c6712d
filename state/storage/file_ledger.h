#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"

namespace millrace {

// Counts, file by file, which checkpoints and savepoints of a job refer to it,
// and so says what may be deleted.
//
// Invariants:
//   - no name is given out for deletion while anything refers to it: what was
//     added, what is held for a checkpoint under way, or what counted when one
//     under way began (its snapshots may build on that, even where a newer one
//     completes first)
//   - output that was sealed for a checkpoint that was given up belongs to the
//     next, and so does that of a savepoint, by which no sink commits; it
//     stays until a checkpoint that began later counts, and no savepoint is one
//   - each name is given out when the last reference goes, and again by
//     Orphans should it still be there
//
// Does no I/O. Deleting is idempotent and may fail: an audit finds the rest.
class FileLedger {
 public:
  using Names = std::vector<std::string>;

  // A checkpoint or savepoint that counts from now on; one that counts already
  // changes nothing. If it was under way it has ended: returns what may be
  // deleted now.
  Names Add(const Manifest& manifest);
  // One of another job (a savepoint to fork from): its manifest and files are
  // never given out, whoever else refers to them.
  void AddForeign(const Manifest& manifest);

  // It counts no longer. Returns what may be deleted now: its manifest first.
  // One that is not there: nothing.
  Names Remove(CheckpointId checkpoint);

  // A checkpoint has begun: whatever counts now stays until it has ended, by
  // Add or Abandon.
  void Begin(CheckpointId checkpoint);
  // Files that an acknowledgement for it refers to. REQUIRES: it has begun.
  void Hold(CheckpointId checkpoint, const std::vector<FileRef>& files);
  // It will never count, for certain: a swap of the pointer whose outcome is
  // unknown is no end. Returns what may be deleted now.
  Names Abandon(CheckpointId checkpoint);

  bool IsReferenced(absl::string_view name) const {
    return references_.contains(name) || foreign_.contains(name);
  }
  // Ascending.
  std::vector<CheckpointId> checkpoints() const;

  // The job has ended: no checkpoint takes over any more what was given up, or
  // what savepoints left. Returns what may be deleted now.
  Names EndOutput();

  // Of the objects found in the store those that nothing will ever refer to:
  // of checkpoints older than every one that is under way and than `next`, the
  // first id that has not been given out, and files of sealed output. Names
  // that are no checkpoint's of the job are left alone. The listing may be of
  // any time before. REQUIRES: no file of output in it is of the attempt that
  // runs, or of a later one.
  Names Orphans(absl::string_view job_id, const Names& listed,
                CheckpointId next) const;

 private:
  // Takes references back; appends to `freed` what has none left.
  void Release(const Names& names, Names& freed);
  void Refer(const Names& names);
  Names EndPending(CheckpointId checkpoint);
  // Keeps the files of output in `names` for the next checkpoint.
  void KeepOutput(CheckpointId checkpoint, const Names& names);
  // Ends what is kept of those before `checkpoint`.
  void EndGivenUp(CheckpointId checkpoint, Names& freed);

  struct Counted {
    bool is_savepoint = false;
    Names names = {};  // What it refers to, its manifest first.
  };

  std::map<CheckpointId, Counted> counting_;
  // What each checkpoint under way keeps from being deleted.
  std::map<CheckpointId, Names> pending_;
  // What those that were given up keep, and savepoints that count no longer:
  // files of output.
  std::map<CheckpointId, Names> given_up_;
  absl::flat_hash_map<std::string, int> references_;
  absl::flat_hash_set<std::string> foreign_;
};

}  // namespace millrace
