#include "cli/dead_letter_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr char kLetters[] = "dead-letters";

// The text of the field whose name stands right before it. Inside of a string
// every quote is escaped, so the name with its quotes is the field's.
std::optional<std::string> FieldOf(absl::string_view line,
                                   absl::string_view name) {
  const std::string head = absl::StrCat("\"", name, "\":\"");
  const size_t at = line.find(head);
  if (at == absl::string_view::npos) return std::nullopt;
  line.remove_prefix(at + head.size());
  const size_t end = line.find('"');
  if (end == absl::string_view::npos) return std::nullopt;
  return std::string(line.substr(0, end));
}

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

}  // namespace

std::optional<DeadLetter> ParseDeadLetter(absl::string_view line) {
  DeadLetter letter{.line = std::string(line)};
  const auto time = FieldOf(line, "time");
  const auto code = FieldOf(line, "code");
  if (!absl::StartsWith(line, "{") || !absl::EndsWith(line, "}") || !time ||
      !code) {
    return std::nullopt;
  }
  letter.time = *time;
  letter.code = *code;
  if (const auto raw = FieldOf(line, "raw_base64")) {
    std::string bytes;
    if (!absl::Base64Unescape(*raw, &bytes)) return std::nullopt;
    letter.raw = std::move(bytes);
  }
  return letter;
}

absl::StatusOr<std::vector<DeadLetterFolder>> FindDeadLetters(
    const std::string& root, Disk* disk) {
  std::vector<DeadLetterFolder> folders;
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   FoldersIn(root, disk));
  for (const std::string& name : names) {
    const bool of_cluster = name == kLetters;
    const std::string path =
        of_cluster ? absl::StrCat(root, "/", name)
                   : absl::StrCat(root, "/", name, "/", kLetters);
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
        folders.push_back({.job = one, .table = table,
                           .path = absl::StrCat(inner, "/", table)});
      }
    }
  }
  return folders;
}

absl::StatusOr<std::vector<std::string>> DeadLetterFiles(
    const std::string& folder, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries,
                   disk->List(folder));
  std::vector<std::string> names;
  for (const Disk::Entry& entry : entries) {
    if (!entry.is_directory && absl::StartsWith(entry.name, "part-")) {
      names.push_back(entry.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<DeadLetter>> ReadDeadLetters(
    const std::string& folder, const std::vector<std::string>& files,
    Disk* disk) {
  std::vector<DeadLetter> letters;
  for (const std::string& name : files) {
    const std::string path = absl::StrCat(folder, "/", name);
    ASSIGN_OR_RETURN(const std::string text, disk->Read(path));
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      auto letter = ParseDeadLetter(line);
      if (!letter) {
        return absl::DataLossError(
            absl::StrCat(path, " has a line that is no dead letter: ",
                         line.substr(0, 80)));
      }
      letters.push_back(*std::move(letter));
    }
  }
  return letters;
}

}  // namespace millrace
