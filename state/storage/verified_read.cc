#include "state/storage/verified_read.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status Damaged(const FileRef& file, const std::string& why) {
  return MakeError(absl::StatusCode::kDataLoss,
                   {.code = "JOB-0042",
                    .what = "a file of a checkpoint is damaged",
                    .where = file.name,
                    .why = why,
                    .fix = "Bring the file back from a copy, or start from "
                           "another checkpoint with --from-savepoint"});
}

}  // namespace

absl::Status VerifyFile(const FileRef& file, int64_t size_bytes,
                        uint32_t crc32c) {
  if (size_bytes != file.size_bytes) {
    return Damaged(file, absl::StrCat("it has ", size_bytes,
                                      " bytes; written were ",
                                      file.size_bytes));
  }
  if (crc32c != file.crc32c) {
    return Damaged(file, absl::StrFormat(
                             "its checksum is %08x; written was %08x", crc32c,
                             file.crc32c));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadVerified(ObjectStore& store,
                                         const FileRef& file) {
  auto bytes = store.Get(file.name);
  if (absl::IsNotFound(bytes.status())) {
    return Damaged(file, "it is not there");
  }
  if (!bytes.ok()) return bytes.status();
  RETURN_IF_ERROR(VerifyFile(file, static_cast<int64_t>(bytes->size()),
                             Crc32c(*bytes)));
  return bytes;
}

absl::StatusOr<std::string> ReadVerified(ObjectStore& store,
                                         const Blob& blob) {
  if (!blob.file) return blob.inlined;
  return ReadVerified(store, *blob.file);
}

}  // namespace millrace
