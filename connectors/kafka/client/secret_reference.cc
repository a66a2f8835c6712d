#include "connectors/kafka/client/secret_reference.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

std::optional<std::string> TextOf(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<std::string> OfDirectory(absl::string_view directory,
                                       absl::string_view name) {
  auto text = TextOf(absl::StrCat(directory, "/", name));
  if (!text) return std::nullopt;
  absl::string_view content = *text;
  absl::ConsumeSuffix(&content, "\n");
  absl::ConsumeSuffix(&content, "\r");
  return std::string(content);
}

std::optional<std::string> OfFile(absl::string_view path,
                                  absl::string_view key) {
  const auto text = TextOf(std::string(path));
  if (!text) return std::nullopt;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    if (absl::StripAsciiWhitespace(parts.first) == key) {
      return std::string(absl::StripAsciiWhitespace(parts.second));
    }
  }
  return std::nullopt;
}

std::optional<std::string> SecretOf(absl::string_view reference) {
  if (absl::ConsumePrefix(&reference, "env:")) {
    const char* const value = std::getenv(std::string(reference).c_str());
    return value == nullptr ? std::nullopt
                            : std::optional<std::string>(value);
  }
  const bool is_file = absl::ConsumePrefix(&reference, "file:");
  if (!is_file) absl::ConsumePrefix(&reference, "directory:");
  const size_t colon = reference.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const absl::string_view place = reference.substr(0, colon);
  const absl::string_view name = reference.substr(colon + 1);
  return is_file ? OfFile(place, name) : OfDirectory(place, name);
}

bool IsReference(absl::string_view text) {
  return absl::StartsWith(text, "env:") || absl::StartsWith(text, "file:") ||
         absl::StartsWith(text, "directory:");
}

}  // namespace

absl::StatusOr<std::string> ResolveSecrets(absl::string_view property,
                                           absl::string_view value) {
  std::string resolved;
  while (true) {
    const size_t at = value.find("${");
    const size_t end = value.find('}', at);
    absl::StrAppend(&resolved, value.substr(0, at));
    if (at == absl::string_view::npos) return resolved;
    const absl::string_view text =
        end == absl::string_view::npos ? value.substr(at + 2)
                                       : value.substr(at + 2, end - at - 2);
    if (end == absl::string_view::npos || !IsReference(text)) {
      resolved.append("${");  // It means nothing here.
      value.remove_prefix(at + 2);
      continue;
    }
    const auto secret = SecretOf(text);
    if (!secret) {
      return UserError(
          {.code = "SQL-0319",
           .what = absl::StrCat("'properties.", property, "' refers to ${",
                                text, "}, which this process does not find"),
           .where = "connector 'kafka'",
           .why = "",
           .fix = "Set the environment variable, or put the file there, for "
                  "every process that runs the job."});
    }
    resolved.append(*secret);
    value.remove_prefix(end + 1);
  }
}

}  // namespace millrace::kafka
