#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"
#include "runtime/connector/output_files.h"

namespace millrace::kafka {

// The records of the epoch that is being written, as the blocks that will be
// sealed. A chunk that is full goes to a file of its own at once, and so at the
// barrier does what is left, unless the whole epoch is small. So no more lies
// in memory than the chunk that is being filled and kMostUploads before it.
//
// One worker's; files are written in the background. Errors are SNK-0309, from
// whatever is called next.
class OpenEpoch {
 public:
  // One is written while the next is filled.
  static constexpr int kMostUploads = 2;

  struct Surroundings {
    // Null: everything stays in memory.
    std::shared_ptr<OutputFiles> files = nullptr;
    Executor* background = nullptr;
    std::function<void()> wake;
  };

  explicit OpenEpoch(Surroundings surroundings);
  OpenEpoch(const OpenEpoch&) = delete;
  OpenEpoch& operator=(const OpenEpoch&) = delete;
  // What was not sealed is dropped.
  ~OpenEpoch();

  // Whether so little is being uploaded that rows may be appended; false: ask
  // again after a wake-up.
  absl::StatusOr<bool> HasRoom();
  void Append(const OutputRecord& record);

  // After the last record: whether all of it is durable, or need not be yet:
  // up to `most_inlined_bytes` may be sealed as bytes. False: ask again after a
  // wake-up.
  absl::StatusOr<bool> Persist(size_t most_inlined_bytes);
  // Fills the chunks of `epoch` and what holds them; another one begins.
  // REQUIRES: Persist said true.
  void SealInto(SealedEpoch& epoch);

  int64_t size_bytes() const;

 private:
  struct Upload {
    size_t chunk = 0;
    absl::StatusOr<OutputFile> file;
  };
  using Outcomes = OutcomeBox<Upload>;

  void CloseChunk();
  // Has the chunk that was closed last written to a file.
  void UploadChunk();
  absl::Status TakeUploads();

  const Surroundings surroundings_;
  const std::shared_ptr<Outcomes> outcomes_;
  BlockWriter blocks_;
  std::string bytes_;  // Full blocks that are in no file and on no way to one.
  int64_t closed_bytes_ = 0;    // In chunks_,
  int64_t closed_records_ = 0;  // likewise.
  int64_t record_count_ = 0;
  std::vector<SealedEpoch::Chunk> chunks_;  // Closed.
  // Of chunks_ as far as they are, or will be, in files.
  std::vector<OutputFile> files_;
  int uploading_ = 0;
  int64_t file_count_ = 0;  // Of all epochs.
};

}  // namespace millrace::kafka
