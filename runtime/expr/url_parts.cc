#include "runtime/expr/url_parts.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace millrace {
namespace {

constexpr size_t kNone = absl::string_view::npos;

bool IsKnownProtocol(absl::string_view protocol) {
  for (const absl::string_view known :
       {"http", "https", "ftp", "file", "jar", "mailto", "jrt", "jmod"}) {
    if (absl::EqualsIgnoreCase(protocol, known)) return true;
  }
  return false;
}

// "user@host:8080", "[::1]:80"; false: the port is no number.
bool ParseAuthority(absl::string_view authority, UrlParts* parts) {
  parts->authority = authority;
  absl::string_view host = authority;
  if (const size_t at = authority.rfind('@'); at != kNone) {
    parts->user_info = authority.substr(0, at);
    host = authority.substr(at + 1);
  }
  size_t colon = host.find(':');
  if (absl::StartsWith(host, "[")) {
    const size_t close = host.find(']');
    if (close == kNone) return false;
    colon = host.find(':', close);
  }
  if (colon != kNone) {
    for (const char c : host.substr(colon + 1)) {
      if (!absl::ascii_isdigit(c)) return false;
    }
    host = host.substr(0, colon);
  }
  parts->host = host;
  return true;
}

}  // namespace

std::optional<UrlParts> ParseUrl(absl::string_view url) {
  url = absl::StripAsciiWhitespace(url);
  if (absl::StartsWithIgnoreCase(url, "url:")) url.remove_prefix(4);
  UrlParts parts;
  const size_t colon = url.find(':');
  if (colon == kNone || !IsKnownProtocol(url.substr(0, colon))) {
    return std::nullopt;
  }
  parts.protocol = url.substr(0, colon);
  absl::string_view rest = url.substr(colon + 1);
  if (const size_t hash = rest.find('#'); hash != kNone) {
    parts.reference = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (absl::ConsumePrefix(&rest, "//")) {
    const size_t end = rest.find_first_of("/?");
    if (!ParseAuthority(rest.substr(0, end), &parts)) return std::nullopt;
    rest = end == kNone ? absl::string_view() : rest.substr(end);
  }
  parts.file = rest;
  parts.path = rest;
  if (const size_t mark = rest.find('?'); mark != kNone) {
    parts.query = rest.substr(mark + 1);
    parts.path = rest.substr(0, mark);
  }
  return parts;
}

std::optional<absl::string_view> QueryValue(absl::string_view query,
                                            absl::string_view key) {
  size_t at = 0;
  while (true) {
    const absl::string_view rest = query.substr(at);
    const size_t end = rest.find('&');
    absl::string_view pair = rest.substr(0, end);
    if (absl::ConsumePrefix(&pair, key) && absl::ConsumePrefix(&pair, "=")) {
      return pair;
    }
    if (end == kNone) return std::nullopt;
    at += end + 1;
  }
}

}  // namespace millrace
