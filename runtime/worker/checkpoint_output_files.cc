#include "runtime/worker/checkpoint_output_files.h"

#include "runtime/base/status_macros.h"
#include "runtime/operators/output_file_refs.h"
#include "state/storage/pending_output.h"
#include "state/storage/verified_read.h"

namespace millrace {

absl::StatusOr<OutputFile> CheckpointOutputFiles::Put(int64_t number,
                                                      absl::string_view bytes) {
  OutputFile file = {
      .name = OutputFileName(options_.job_id, options_.attempt, options_.sink,
                             options_.subtask, number),
      .size_bytes = static_cast<int64_t>(bytes.size()),
      .crc32c = Crc32c(bytes)};
  RETURN_IF_ERROR(options_.store->Put(file.name, bytes));
  return file;
}

absl::StatusOr<std::string> CheckpointOutputFiles::Get(const OutputFile& file) {
  return ReadVerified(*options_.store, RefOf(file));
}

void CheckpointOutputFiles::Drop(const OutputFile& file) {
  options_.store->Delete(file.name).IgnoreError();
}

}  // namespace millrace
