#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "connectors/filesystem/open_item.h"
#include "runtime/base/disk.h"

namespace millrace {

// A part file being written under its staging name. What is appended goes to
// the page cache, on the caller's thread; Persist and Close may take long and
// are for the background. One thread at a time. Errors are SNK-0101.
class StagedPart {
 public:
  struct Place {
    std::string staging;  // Its path until it is committed,
    std::string target;   // and from then on.
    int partition = 0;
    absl::Time created;
  };

  // What one append writes: few calls, and still in the L2.
  static constexpr size_t kBufferBytes = 128 << 10;

  static absl::StatusOr<std::unique_ptr<StagedPart>> Create(Disk& disk,
                                                            Place place);
  // A closed part with what of an open one belongs to its checkpoint; null:
  // that is visible already. SNK-0105 (kDataLoss): it is gone, or shorter than
  // it was. May take long.
  static absl::StatusOr<std::unique_ptr<StagedPart>> CopyOf(
      Disk& disk, const OpenItem& open, Place place);

  const Place& place() const { return place_; }
  int64_t size_bytes() const { return size_bytes_; }
  // Whether anything was appended since the last Persist.
  bool is_dirty() const { return size_bytes_ != durable_bytes_; }
  bool is_closed() const { return file_ == nullptr; }

  absl::Status Append(absl::string_view bytes);
  // Everything appended is durable.
  absl::Status Persist();
  // That, and nothing may follow.
  absl::Status Close();

 private:
  StagedPart(Place place, std::unique_ptr<Disk::File> file)
      : place_(std::move(place)), file_(std::move(file)) {}

  absl::Status WriteBuffer();

  const Place place_;
  std::unique_ptr<Disk::File> file_;
  std::string buffer_;
  int64_t size_bytes_ = 0;
  int64_t durable_bytes_ = 0;
};

}  // namespace millrace
