#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "connectors/filesystem/file_options.h"
#include "connectors/filesystem/file_table.h"
#include "connectors/filesystem/part_file.h"
#include "connectors/filesystem/partition_commit.h"
#include "connectors/filesystem/partition_router.h"
#include "runtime/connector/sink.h"

namespace millrace {

// Writes one subtask's rows as part files: one open part a partition, rolled
// by size and age, finished by a rename. Each subtask commits the partitions
// it wrote to; the success file may so appear before another subtask's last
// part. Writes go to the page cache, on the worker.
class FileWriter final : public Writer {
 public:
  struct Options {
    FileOptions options;
    const Clock* clock = nullptr;
    int subtask = 0;
  };

  // Errors: those of the format.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Open(
      const TableDescriptor& table, const FileTable& files,
      const Options& options);

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::Status Advance(int64_t watermark_ms) override;
  // Rolls parts that are old enough.
  absl::StatusOr<Accepted> Flush() override;
  absl::Duration FlushInterval() const override {
    return options_.options.check_interval;
  }
  // Finishes every part and commits every partition.
  absl::StatusOr<std::string> Finish() override;

 private:
  FileWriter(const TableDescriptor& table, const FileTable& files,
             const Options& options, PartitionRouter router);

  absl::Status WriteGroup(const Batch& batch,
                          const PartitionRouter::Group& group);
  absl::StatusOr<PartFile*> PartOf(int partition);
  absl::Status FinishPart(int partition);
  absl::Status CommitDue();
  absl::Status Commit(int partition);
  std::string FolderOf(int partition) const;
  absl::Time Now() const;

  const Options options_;
  const std::string path_;
  const std::string run_;  // Tells the parts of one run from another's.
  // The batch's columns that the format writes, in its order.
  std::vector<int> format_columns_;
  bool commits_ = false;
  PartitionRouter router_;
  PartitionCommit commit_;
  std::unique_ptr<Encoder> encoder_;
  absl::flat_hash_map<int, std::unique_ptr<PartFile>> parts_;
  int part_count_ = 0;
  int64_t watermark_ms_;
  // Scratch: encoded records, their ends, and the same with line ends.
  std::string records_;
  std::vector<uint32_t> ends_;
  std::string lines_;
};

}  // namespace millrace
