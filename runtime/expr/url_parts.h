#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace millrace {

// A URL cut up as java.net.URL does it; views of the text. What is optional
// may be absent, which is not the same as empty: "http://h/?#" has an empty
// query and reference, "http://h/" has none.
struct UrlParts {
  absl::string_view protocol;
  absl::string_view host;
  absl::string_view path;
  // Path and query as they stand together.
  absl::string_view file;
  std::optional<absl::string_view> authority;
  std::optional<absl::string_view> user_info;
  std::optional<absl::string_view> query;
  std::optional<absl::string_view> reference;
};

// nullopt: no URL, or of a protocol that Java has no handler for.
std::optional<UrlParts> ParseUrl(absl::string_view url);

// The value of `key` in a query "a=1&b=2"; nullopt: it is not there.
std::optional<absl::string_view> QueryValue(absl::string_view query,
                                            absl::string_view key);

}  // namespace millrace
