#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/filesystem/staged_part.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace::kafka {

// The records of the epoch that is being written, as the blocks that will be
// sealed: in memory while they are few, then in a file beside the checkpoint.
//
// One worker's. Appends go to the page cache; what waits for the disk runs in
// the background. Errors are SNK-0101.
class OpenEpoch {
 public:
  struct Surroundings {
    Disk* disk = nullptr;
    Executor* background = nullptr;
    // Durable, and reached from wherever the job may be restored; empty: there
    // is none, and everything stays in memory.
    std::string folder;
    std::string name;  // Begins with the attempt; nobody else's files do so.
    std::function<void()> wake;
  };

  explicit OpenEpoch(Surroundings surroundings);
  OpenEpoch(const OpenEpoch&) = delete;
  OpenEpoch& operator=(const OpenEpoch&) = delete;
  ~OpenEpoch() { outcomes_->Close(); }

  absl::Status Append(const OutputRecord& record);

  // After the last record: whether all of it is durable, or need not be yet.
  // False: ask again after a wake-up.
  absl::StatusOr<bool> Persist();
  // Fills the chunks of `epoch` and where they are; another one begins.
  // REQUIRES: Persist said true.
  void SealInto(SealedEpoch& epoch);

  int64_t size_bytes() const;
  int64_t record_count() const { return record_count_; }

 private:
  using Outcomes = OutcomeBox<absl::Status>;

  void CloseChunk();
  // Moves what is in memory to the file, if there is to be one.
  absl::Status Spill();

  const Surroundings surroundings_;
  const std::shared_ptr<Outcomes> outcomes_;
  BlockWriter blocks_;
  std::string bytes_;  // Full blocks that are in no file.
  int64_t spilled_bytes_ = 0;
  int64_t record_count_ = 0;
  std::vector<SealedEpoch::Chunk> chunks_;  // Closed.
  std::shared_ptr<StagedPart> file_;        // Null: everything is in bytes_.
  bool closing_ = false;  // In the background,
  bool closed_ = false;   // which has answered.
  int64_t file_count_ = 0;
};

// Removes the files in `folder` of attempts before `attempt`: once a checkpoint
// of that one has completed, all that they sealed is committed or was never to
// be. Names begin with the attempt's number.
void SweepSealed(Disk& disk, const std::string& folder, int64_t attempt);

}  // namespace millrace::kafka
