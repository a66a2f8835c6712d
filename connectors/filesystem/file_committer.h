#pragma once

#include <set>
#include <string>
#include <vector>

#include "connectors/filesystem/file_commit.h"
#include "runtime/base/disk.h"
#include "runtime/connector/sink.h"

namespace millrace {

// Makes sealed files visible, durably. Every step may be done again after it
// was done or half done, by another process too: a part whose target is there
// and whose staging name is gone has been committed.
//
// A part gets its target as a second name and loses the first only when the
// second is durable: a rename between two folders may lose both names in a
// power cut.
//
// Called by one thread at a time. Errors: SNK-0101 what cannot be written;
// SNK-0104 (kDataLoss) a part that is neither staged nor visible. I/O errors
// are kUnavailable, to be tried again.
class FileCommitter final : public Committer {
 public:
  // `staging_folder`: removed at the end where nothing is left in it.
  FileCommitter(Disk* disk, std::string staging_folder)
      : disk_(*disk), staging_folder_(std::move(staging_folder)) {}
  ~FileCommitter() override;

  absl::Status Commit(const std::vector<Committable>& committables) override;
  absl::Status Abort(const std::vector<Committable>& committables) override;

 private:
  absl::Status Apply(const FileCommit& commit);
  absl::Status WantMarkOf(const FileCommit& commit);
  absl::Status CommitPart(const FileCommit& part);
  absl::Status Sweep(const FileCommit& sweep);
  absl::Status Missing(const FileCommit& commit) const;

  Disk& disk_;
  const std::string staging_folder_;
  absl::Status Finish();

  // Of the call under way: folders that got names, staging names that those
  // make superfluous, folders whose marks are to be looked at, and the last
  // checkpoint.
  std::set<std::string> changed_;
  std::vector<std::string> superfluous_;
  std::set<std::string> staging_;
  int64_t checkpoint_ = 0;
};

}  // namespace millrace
