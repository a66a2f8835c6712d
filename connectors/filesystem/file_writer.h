#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/filesystem/file_options.h"
#include "connectors/filesystem/file_table.h"
#include "connectors/filesystem/last_parts.h"
#include "connectors/filesystem/open_item.h"
#include "connectors/filesystem/part_saver.h"
#include "connectors/filesystem/partition_commit.h"
#include "connectors/filesystem/partition_router.h"
#include "connectors/filesystem/staged_part.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {

// Writes one subtask's rows as part files, seen by nobody until a FileCommitter
// makes them visible:
//
//   part-<run>-<subtask>-<number>, in the partition's folder
//
// One part a partition is open; it is closed by size, by age, when its
// partition is complete, and when so many are open that it has waited longest.
// Closed parts are committables of the next barrier. Open ones stay open across
// it, with the length that they have there: a restore copies so much of them
// into parts of its own, for an attempt that was given up may still write them.
//
// At a barrier the subtask says which partitions are complete, by its watermark
// or the clock; what becomes of that is in partition_mark.h.
//
// Appends go to the page cache, on the worker; what waits for the disk is done
// in the background (PartSaver), and Flush waits for that.
class FileWriter final : public Writer {
 public:
  // Each holds a file descriptor, of which a process often may have 1024, and a
  // buffer of up to 128 KiB.
  static constexpr size_t kMostParts = 128;
  // Of them, those that may be on their way to the disk to make room.
  static constexpr size_t kMostClosing = 8;

  // `context` needs a disk and an executor. Errors: those of the format. The
  // folders are made with the first row.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Open(
      const TableDescriptor& table, const FileTable& files,
      const FileOptions& options, const ConnectorContext& context);

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::Status Advance(int64_t watermark_ms) override;
  void EndInput() override { input_ended_ = true; }
  // Closes parts that are old enough or of complete partitions, all of them
  // after EndInput, and syncs the others.
  absl::StatusOr<Accepted> Flush() override;
  absl::Duration FlushInterval() const override {
    return options_.check_interval;
  }
  bool KeepsOpen() const override {
    return !open_.empty() || commit_.has_pending();
  }
  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override;
  // SNK-0105 (kDataLoss): an open part is gone or shorter than it was.
  absl::Status Restore(const std::vector<std::string>& open) override;
  // Of a job that ends though its input has not: shows what the last barrier
  // left open (LastParts).
  absl::StatusOr<std::optional<std::string>> Finish() override;

 private:
  struct OpenPart {
    std::shared_ptr<StagedPart> part;
    int64_t last_write = 0;  // Counts writes.
  };
  // A batch that was taken and not yet written out whole.
  struct Pending {
    Batch batch;
    std::vector<PartitionRouter::Group> groups;
    size_t next = 0;
  };

  FileWriter(const TableDescriptor& table, const FileTable& files,
             const FileOptions& options, const ConnectorContext& context,
             PartitionRouter router);

  // False: parts have to be closed first.
  absl::StatusOr<bool> WritePending();
  absl::Status WriteGroup(const PartitionRouter::Group& group,
                          StagedPart& part);
  // Null: there are too many.
  absl::StatusOr<StagedPart*> PartOf(int partition);
  StagedPart::Place NewPlace(int partition, int64_t begun_after);
  absl::StatusOr<std::shared_ptr<StagedPart>> NewPart(int partition);
  absl::Status ClosePart(int partition);
  absl::Status CloseLongestUnused();
  absl::Status CloseDue();
  absl::Status TakeSaved();
  absl::Status RestorePart(const OpenItem& item);
  StagedPart::Place PlaceOfCopy(const OpenItem& item);
  absl::StatusOr<std::vector<LastParts::Part>> PartsLeftOpen();

  std::vector<Committable> TakeCommittables(CheckpointId checkpoint);
  std::vector<std::string> OpenItems(CheckpointId checkpoint) const;
  std::string FolderOfPartition(int partition) const;
  absl::Time Now() const { return context_.clock->Now(); }

  const FileOptions options_;
  const ConnectorContext context_;
  const std::string path_;
  const std::string staging_folder_;
  const std::string run_;
  // The batch's columns that the format writes, in its order.
  std::vector<int> format_columns_;
  const bool marks_;
  PartitionRouter router_;
  PartitionCommit commit_;
  std::unique_ptr<Encoder> encoder_;
  PartSaver saver_;

  Pending pending_;
  std::map<int, OpenPart> open_;  // By partition.
  std::vector<std::shared_ptr<StagedPart>> closed_;
  std::set<int> complete_;  // Partitions to be marked with the next barrier.
  bool flushing_ = false;
  bool input_ended_ = false;
  int64_t watermark_ms_;
  int64_t sealed_ = 0;  // The last checkpoint, and what it left open.
  std::vector<std::string> left_open_;
  std::optional<LastParts> last_parts_;  // Once the job has ended.
  bool sweeps_ = true;  // What earlier attempts left, with the next barrier.
  Counter* bytes_sent_ = nullptr;  // Null: nobody asks.
  int64_t part_count_ = 0;
  int64_t write_count_ = 0;
  // Scratch: encoded records, their ends, and the same with line ends.
  std::string records_;
  std::vector<uint32_t> ends_;
  std::string lines_;
};

}  // namespace millrace
