#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/filesystem/file_split.h"
#include "connectors/filesystem/file_table.h"
#include "connectors/filesystem/record_reader.h"
#include "runtime/connector/source.h"

namespace millrace {

// Reads ranges of files one behind the other, in the order they were added.
//
// File reads are done on the worker: from the page cache they take less time
// than handing them to another thread, and 256 KiB at a time bounds how long a
// turn waits for a disk.
class FileSplitReader final : public SplitReader {
 public:
  static absl::StatusOr<std::unique_ptr<FileSplitReader>> Open(
      const TableDescriptor& table, FileTable files,
      const SourceRequest& request, const RecordReader::Options& options);

  absl::Status AddSplit(const Split& split) override;
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::vector<Split> Snapshot() const override;

 private:
  // Where a wanted column comes from.
  struct Output {
    int decoded = -1;  // Column of the decoder's batch, or
    // a value of the file, the same in all its rows:
    std::string metadata_key;
    int partition_key = -1;
    LogicalType type;
  };

  FileSplitReader(const TableDescriptor& table, FileTable files,
                  const RecordReader::Options& options)
      : partition_keys_(table.partition_keys),
        files_(std::move(files)),
        options_(options) {}

  absl::Status OpenSplit();
  // Decodes what the current chunk has left. False: the batch is full.
  bool DecodeChunk(uint32_t max_rows, Poll& poll);
  // Of the chunk's, those before what is still to be decoded: a snapshot that
  // is taken now has them behind it.
  void RejectOversized(Poll& poll);
  // The wanted columns out of the decoder's.
  Batch Assemble(Batch decoded) const;
  absl::Status MakeFileColumns();

  const std::vector<std::string> partition_keys_;
  const FileTable files_;
  const RecordReader::Options options_;
  std::vector<Output> outputs_;
  std::unique_ptr<Decoder> decoder_;

  std::vector<FileSplit> splits_;
  size_t current_ = 0;  // Index of the split being read.
  std::unique_ptr<RecordReader> reader_;  // Null until it is opened.
  std::vector<RawRecord> left_;           // Records of the chunk to decode.
  size_t oversized_told_ = 0;             // Of the chunk.
  std::vector<Decoder::Rejection> rejections_;
  // For outputs that are not decoded: their constant columns in this file.
  std::vector<VectorRef> file_columns_;
};

}  // namespace millrace
