#include "connectors/filesystem/file_listing.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

bool IsHidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return absl::StartsWith(name, ".") || absl::StartsWith(name, "_");
}

absl::Status Unreadable(absl::string_view path, const std::error_code& error) {
  return UserError({.code = "SRC-0201",
                    .what = absl::StrCat("cannot read '", path, "'"),
                    .why = error.message(),
                    .fix = "Check the table's option 'path'"});
}

}  // namespace

absl::StatusOr<std::string> LocalPath(absl::string_view uri) {
  absl::string_view path = uri;
  if (absl::ConsumePrefix(&path, "file:")) {
    while (absl::StartsWith(path, "//")) path.remove_prefix(1);
    return std::string(path);
  }
  if (const size_t scheme = path.find("://");
      scheme != absl::string_view::npos) {
    return UserError(
        {.code = "SQL-0907",
         .what = absl::StrCat("option 'path' = '", uri, "' is not local"),
         .why = absl::StrCat("the scheme '", path.substr(0, scheme),
                             "' is not built"),
         .fix = "Write a path of this machine or file:///..."});
  }
  return std::string(path);
}

absl::StatusOr<std::vector<ListedFile>> ListFiles(absl::string_view path) {
  const fs::path root{std::string(path)};
  std::error_code error;
  std::vector<ListedFile> files;
  const fs::file_status status = fs::status(root, error);
  if (!fs::exists(status)) {
    if (!error) {
      error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    return Unreadable(path, error);
  }
  if (!fs::is_directory(status)) {
    const auto size = fs::is_regular_file(status)
                          ? fs::file_size(root, error)
                          : uintmax_t{0};
    if (error) return Unreadable(path, error);
    files.push_back({root.string(), static_cast<int64_t>(size)});
    return files;
  }
  fs::recursive_directory_iterator it(root, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code gone;  // A file may vanish between listing and asking.
    if (IsHidden(it->path())) {
      if (it->is_directory(gone)) it.disable_recursion_pending();
    } else if (it->is_regular_file(gone)) {
      const auto size = it->file_size(gone);
      if (!gone) {
        files.push_back({it->path().string(), static_cast<int64_t>(size)});
      }
    }
  }
  if (error) return Unreadable(path, error);
  std::sort(files.begin(), files.end(),
            [](const ListedFile& a, const ListedFile& b) {
              return a.path < b.path;
            });
  return files;
}

}  // namespace millrace
