#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"

namespace millrace {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT: return absl::StatusCode::kNotFound;
    case EEXIST: return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return absl::StatusCode::kResourceExhausted;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case EXDEV:
    case EMLINK:
    case EOPNOTSUPP:
    case ENOSYS: return absl::StatusCode::kFailedPrecondition;
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG: return absl::StatusCode::kInvalidArgument;
    default: return absl::StatusCode::kUnavailable;
  }
}

const char* FixOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "Free space there, or give the job a folder on another file "
             "system";
    case EMFILE:
    case ENFILE: return "Raise the limit of open files (ulimit -n)";
    case EACCES:
    case EPERM:
      return "Give the user that runs millrace the right to read and write "
             "there";
    case EROFS: return "Mount the file system for writing";
    case ENOTDIR: return "A part of the path is a file: move it away";
    case EIO:
      return "The disk or its driver failed: the system's log (dmesg) says "
             "more";
    default: return "";
  }
}

}  // namespace

absl::Status DiskError(int error, absl::string_view action,
                       const std::string& path) {
  return MakeError(CodeOf(error),
                   {.code = "JOB-0040",
                    .what = absl::StrCat("cannot ", action, " ", path),
                    .why = std::generic_category().message(error),
                    .fix = FixOf(error)});
}

}  // namespace millrace
