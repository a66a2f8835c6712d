#include "cli/dead_letter_folder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/dead_letter_writer.h"

namespace millrace {
namespace {

constexpr char kDeadLetters[] = "dead-letters";

absl::StatusOr<std::vector<std::string>> FoldersIn(const std::string& path,
                                                   Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries, disk->List(path));
  std::vector<std::string> names;
  for (const Disk::Entry& entry : entries) {
    if (entry.is_directory && !absl::StartsWith(entry.name, ".")) {
      names.push_back(entry.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Files that ended replays began with.
absl::StatusOr<std::set<std::string>> Replayed(const std::string& path,
                                               Disk* disk) {
  std::set<std::string> files;
  const std::string ended = EndedReplays(path);
  ASSIGN_OR_RETURN(const auto replays, disk->List(ended));
  for (const Disk::Entry& replay : replays) {
    if (!replay.is_directory) continue;
    const auto text =
        disk->Read(absl::StrCat(ended, "/", replay.name, kBegunWith));
    if (absl::IsNotFound(text.status())) continue;
    RETURN_IF_ERROR(text.status());
    const std::vector<std::string> names =
        absl::StrSplit(*text, '\n', absl::SkipEmpty());
    files.insert(names.begin(), names.end());
  }
  return files;
}

// What of a file's text is whole lines, as far as its name says how it ends.
absl::string_view WholeLines(const std::string& file,
                             absl::string_view text) {
  const size_t name = file.rfind('/') + 1;
  if (!DeadLetterWriter::IsFileName(file.substr(name))) return text;
  return text.substr(0, text.rfind('\n') + 1);
}

}  // namespace

absl::StatusOr<std::vector<DeadLetterFolder>> FindDeadLetters(
    const std::string& root, Disk* disk) {
  std::vector<DeadLetterFolder> folders;
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   FoldersIn(root, disk));
  for (const std::string& name : names) {
    const bool of_cluster = name == kDeadLetters;
    const std::string path =
        of_cluster ? absl::StrCat(root, "/", name)
                   : absl::StrCat(root, "/", name, "/", kDeadLetters);
    ASSIGN_OR_RETURN(const std::vector<std::string> below,
                     FoldersIn(path, disk));
    for (const std::string& one : below) {
      const std::string inner = absl::StrCat(path, "/", one);
      if (!of_cluster) {
        folders.push_back({.job = name, .table = one, .path = inner});
        continue;
      }
      ASSIGN_OR_RETURN(const std::vector<std::string> tables,
                       FoldersIn(inner, disk));
      for (const std::string& table : tables) {
        folders.push_back({.job = one,
                           .table = table,
                           .path = absl::StrCat(inner, "/", table),
                           .of_cluster = true});
      }
    }
  }
  return folders;
}

absl::StatusOr<std::vector<std::string>> DeadLetterFiles(
    const std::string& path, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries, disk->List(path));
  ASSIGN_OR_RETURN(const auto replayed, Replayed(path, disk));
  std::vector<std::string> names;
  for (const Disk::Entry& entry : entries) {
    if (!entry.is_directory && absl::StartsWith(entry.name, "part-") &&
        !replayed.contains(entry.name)) {
      names.push_back(entry.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<DeadLetter>> ReadDeadLetters(
    const std::string& file, Disk* disk) {
  ASSIGN_OR_RETURN(const std::string text, disk->Read(file));
  std::vector<DeadLetter> letters;
  for (const absl::string_view line :
       absl::StrSplit(WholeLines(file, text), '\n', absl::SkipEmpty())) {
    auto letter = ParseDeadLetter(line);
    if (!letter) {
      return absl::DataLossError(
          absl::StrCat(file, " has a line that is no dead letter: ",
                       line.substr(0, 80)));
    }
    letters.push_back(*std::move(letter));
  }
  return letters;
}

std::string BegunWithText(const std::set<std::string>& files) {
  return absl::StrJoin(files, "\n") + "\n";
}

std::string EndedReplays(const std::string& path) {
  return path + "/.replayed";
}

}  // namespace millrace
