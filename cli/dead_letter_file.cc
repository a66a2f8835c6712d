#include "cli/dead_letter_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/letter_replay.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

using Json = nlohmann::json;

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

std::string LetterText(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

std::optional<int64_t> NumberOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return found->get<int64_t>();
}

// False: there is something else. A null, or nothing, is nullopt.
bool ReadBytes(const Json& value, std::optional<std::string>& bytes) {
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  return absl::Base64Unescape(value.get<std::string>(), &bytes.emplace());
}

bool ReadBytesOf(const Json& object, const char* name,
                 std::optional<std::string>& bytes) {
  const auto found = object.find(name);
  return found == object.end() || ReadBytes(*found, bytes);
}

bool ReadHeaders(const Json& object, MessageParts& message) {
  const auto found = object.find("headers");
  if (found == object.end()) return true;
  for (const Json& header : *found) {
    if (!header.is_array() || header.size() != 2 || !header[0].is_string()) {
      return false;
    }
    auto& [name, value] = message.headers.emplace_back();
    name = header[0].get<std::string>();
    if (!ReadBytes(header[1], value)) return false;
  }
  return true;
}

// A message has a partition; letters of earlier versions have nothing more of
// it, and so its key and time are not known.
bool ReadMessage(const Json& object, LetterParts& parts) {
  const std::string bad_part = LetterText(object, "bad_part");
  if (bad_part.empty() && !NumberOf(object, "partition")) return true;
  MessageParts& message = parts.message.emplace();
  message.bad_key = bad_part == "key";
  message.time_ms = NumberOf(object, "record_time").value_or(-1);
  return ReadBytesOf(object, "key_base64", message.key) &&
         ReadHeaders(object, message);
}

bool ReadWhole(const Json& object, LetterParts& parts) {
  const auto size = NumberOf(object, "raw_size");
  if (!size) return true;
  parts.cut = {.size_bytes = *size};
  return absl::SimpleHexAtoi(LetterText(object, "raw_hash"), &parts.cut->hash);
}

std::optional<LetterRecord> ReadRecord(absl::string_view line) {
  const Json object = Json::parse(line.begin(), line.end(), nullptr,
                                  /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("raw_base64")) {
    return std::nullopt;
  }
  LetterRecord record = {{.text = LetterText(object, "origin"),
                          .raw = "",
                          .source = LetterText(object, "source"),
                          .position = NumberOf(object, "position")}};
  if (const auto partition = NumberOf(object, "partition")) {
    record.origin.partition = static_cast<int32_t>(*partition);
  }
  std::optional<std::string> raw;
  if (!ReadBytesOf(object, "raw_base64", raw) ||
      !ReadMessage(object, record.parts) || !ReadWhole(object, record.parts)) {
    return std::nullopt;
  }
  if (!raw && !record.parts.message) return std::nullopt;
  if (record.parts.message) {
    record.parts.message->has_value = raw.has_value();
  }
  record.origin.raw = std::move(raw).value_or("");
  return record;
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
  if (FieldOf(line, "expression")) return letter;
  letter.record = ReadRecord(line);
  if (!letter.record) return std::nullopt;
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
    const std::string& folder, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries,
                   disk->List(folder));
  ASSIGN_OR_RETURN(const auto replayed,
                   LetterReplay::Replayed(folder, disk));
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
    const std::string& path, Disk* disk) {
  ASSIGN_OR_RETURN(const std::string text, disk->Read(path));
  std::vector<DeadLetter> letters;
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
  return letters;
}

}  // namespace millrace
