#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "connectors/filesystem/output_file.h"

namespace millrace {

// One part file: written under a hidden name in its own folder, so that no
// reader sees half of it, and renamed when it is whole.
//
//   .part-<run>-<subtask>-<number>.inprogress  ->  part-<run>-<subtask>-<number>
//
// Until there are checkpoints a part is finished when it is rolled; with them
// the rename becomes a Committable's.
class PartFile {
 public:
  // SNK-0101: the folder or the file cannot be made.
  static absl::StatusOr<std::unique_ptr<PartFile>> Create(
      const std::string& folder, const std::string& name, absl::Time now);

  OutputFile& file() { return *file_; }
  absl::Time created() const { return created_; }

  absl::Status Finish() { return file_->CloseAs(final_path_); }

 private:
  PartFile(std::unique_ptr<OutputFile> file, std::string final_path,
           absl::Time created)
      : file_(std::move(file)),
        final_path_(std::move(final_path)),
        created_(created) {}

  std::unique_ptr<OutputFile> file_;
  const std::string final_path_;
  const absl::Time created_;
};

}  // namespace millrace
