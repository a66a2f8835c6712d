#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "runtime/base/disk.h"
#include "runtime/connector/letter_parts.h"

namespace millrace {

// Whose records they are: each is read by connectors of its own.
enum class RecordKind { kOfFiles, kMessages };
RecordKind KindOf(const LetterRecord& record);

// Writes the records of dead letters so that their connector reads the same
// bytes again: those of messages one behind the other into a file of letters,
// those of files into a folder.
//
// In the folder lie the folders of partitions that a record's file was in
// ("dt=2024-01-31/hm=2"). A record is a line of a file, or, with anything in it
// that a format may take for more than that, alone in a file of its own. Behind
// an empty one stands a line's end, and behind one that ends in '\r' another:
// it would not be read as it is without.
class ReplayRecords {
 public:
  // `path`: of the file or folder, which is not there yet.
  ReplayRecords(std::string path, RecordKind kind, Disk* disk)
      : path_(std::move(path)), kind_(kind), disk_(*disk) {}

  // REQUIRES: the record is of that kind.
  absl::Status Add(const LetterRecord& record);
  // Everything is durable.
  absl::Status Close();

 private:
  absl::Status AddMessage(const LetterRecord& record);
  absl::Status AddLine(const std::string& folder, const std::string& record);
  absl::Status AddAlone(const std::string& folder, const std::string& record);
  absl::StatusOr<Disk::File*> FileOf(const std::string& path);

  const std::string path_;
  const RecordKind kind_;
  Disk& disk_;
  std::map<std::string, std::unique_ptr<Disk::File>> files_;
  std::set<std::string> folders_;  // With files of ours.
  int64_t alone_ = 0;
};

}  // namespace millrace
