#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "cli/replay_records.h"
#include "runtime/base/disk.h"

namespace millrace {

// One replay of the letters of one folder, from what it begins with to its end:
//
//   <folder>/.lock           held by the process that replays
//   <folder>/.replay/        under way
//     letters                the names of their files, a line each
//     id                     "<id> messages|files <records> <rows> <cut>":
//                            the job's name has the id, the rest is count()
//     records                what is read in the place of the table: a file
//                            (runtime/connector/letter_file.h), or a folder of
//                            files with records as their lines
//     plan.json              of the job
//   <folder>/.replayed/<id>/ the same without the plan, when the job has come
//                            to its end
//
// .replay gets its name when all of it is there, and its last one by a rename,
// and a job of one id is run once: a kill at any place neither replays a letter
// twice nor loses one. The files of letters stay where they are: the job that
// wrote them looks for them when it goes on. Blocks; owned by one thread.
class LetterReplay {
 public:
  // CLI-0043: another process replays them.
  static absl::StatusOr<LetterReplay> Open(const std::string& folder,
                                           Disk* disk);

  // Finds the one that was cut short, or else makes one ready of all letters
  // that were not replayed yet. False: there are none. CLI-0042: some are
  // messages and some are records of files, or no record can be made of any.
  // Nothing has begun.
  absl::StatusOr<bool> Prepare();
  // From now on it is under way. REQUIRES: Prepare said true.
  absl::Status Begin();

  // After Begin. Records of messages are a file of letters with their keys;
  // those of files lie in a folder, by the partitions they were in.
  const std::string& id() const { return id_; }
  RecordKind kind() const { return kind_; }
  std::string records_path() const { return path_ + "/records"; }
  std::string plan_path() const { return path_ + "/plan.json"; }
  // What there was, and what of it no record can be made of: rows (on which an
  // expression failed, or which a sink refused), and records of which there is
  // but the beginning.
  struct Count {
    int64_t records = 0;
    int64_t rows = 0;
    int64_t cut = 0;
  };
  const Count& count() const { return count_; }

  // For its owner's eyes alone, and gone with the end.
  absl::Status WritePlan(const std::string& json);

  // The job has come to its end: renames .replay. Its new path.
  absl::StatusOr<std::string> End();

 private:
  LetterReplay(std::string folder, std::unique_ptr<Disk::Lock> lock,
               Disk* disk);

  absl::StatusOr<bool> IsUnderWay();
  // CLI-0042: there are letters of both kinds. By kind a file that has such.
  absl::Status CheckOneKind(
      const std::map<RecordKind, std::string>& file_of_kind) const;
  // CLI-0042: there is none.
  absl::Status CheckAnyRecord(const Count& count) const;
  absl::Status Write(const std::string& path,
                     const std::set<std::string>& files) const;
  absl::Status ReadBegun();

  std::string folder_;
  std::string path_;
  std::unique_ptr<Disk::Lock> lock_;
  Disk* disk_;
  bool under_way_ = false;
  std::string id_;
  RecordKind kind_ = RecordKind::kOfFiles;
  Count count_;
};

}  // namespace millrace
