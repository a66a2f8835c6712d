#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// What a checkpoint refers to, whole and as it was written, or kDataLoss that
// names the object: it is not there, or its size or checksum is another.
// kUnavailable: try again.
absl::StatusOr<std::string> ReadVerified(ObjectStore& store,
                                         const FileRef& file);
absl::StatusOr<std::string> ReadVerified(ObjectStore& store, const Blob& blob);

// The answer for an object that was read otherwise (a GetFile, in pieces).
absl::Status VerifyFile(const FileRef& file, int64_t size_bytes,
                        uint32_t crc32c);

}  // namespace millrace
