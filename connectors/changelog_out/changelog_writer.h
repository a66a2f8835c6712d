#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/filesystem/part_saver.h"
#include "connectors/filesystem/staged_part.h"
#include "runtime/base/disk.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {

// Writes one subtask's changes, a file for what came between two barriers, seen
// by nobody until its checkpoint has completed:
//
//   part-<subtask>                      a job's first,
//   part-<subtask>-<checkpoint>-<run>   and later ones, ten digits; so the
//                                       order of names is the order of a
//                                       subtask's changes, and nobody writes a
//                                       file of another's: no attempt, and no
//                                       job begun from the same savepoint.
//
// A job that begins anew takes away what an earlier one left under its names.
class ChangelogWriter final : public Writer {
 public:
  // `context` needs a disk and an executor. SNK-0101: `path` cannot be written,
  // also because another sink of the job writes there.
  static absl::StatusOr<std::unique_ptr<ChangelogWriter>> Open(
      std::string path, std::vector<LogicalType> types,
      const ConnectorContext& context);
  ~ChangelogWriter() override;

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::StatusOr<Accepted> Flush() override;
  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override;
  absl::Status Restore(const std::vector<std::string>& open) override;

 private:
  ChangelogWriter(std::string path, std::vector<LogicalType> types,
                  const ConnectorContext& context);

  // Once, where nothing was restored.
  absl::Status BeginAnew();
  absl::Status BeginSegment();

  const std::string path_;
  const std::vector<LogicalType> types_;
  const ConnectorContext context_;
  const std::string staging_folder_;
  const std::string run_;
  const std::string lock_path_;
  std::unique_ptr<Disk::Lock> lock_;
  PartSaver saver_;

  std::shared_ptr<StagedPart> segment_;  // Null between a barrier and a row.
  std::shared_ptr<StagedPart> saved_;    // What the next Seal seals.
  bool began_ = false;
  bool is_first_ = true;  // Nothing was ever sealed.
  bool sweeps_ = true;    // What earlier attempts left, with the next barrier.
  int64_t sealed_ = 0;    // The last checkpoint.
  int64_t segment_count_ = 0;
  Counter* bytes_sent_ = nullptr;  // Null: nobody asks.
  std::string lines_;
};

}  // namespace millrace
