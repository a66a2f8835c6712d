#include "cli/dead_letter.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

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

// Rows that a sink refused (CommittingWriter::Refused) are what would have been
// written, and of no table that is read.
bool IsOfRow(absl::string_view line, absl::string_view code) {
  return FieldOf(line, "expression") || absl::StartsWith(code, "SNK-");
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
  if (IsOfRow(line, letter.code)) return letter;
  letter.record = ReadRecord(line);
  if (!letter.record) return std::nullopt;
  return letter;
}

}  // namespace millrace
