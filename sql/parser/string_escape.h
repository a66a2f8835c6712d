#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// What stands between the quotes of U&'..', its \0041 and \+01F600 replaced by
// the characters, a doubled `escape` by one. UTF-16 surrogates in pairs are
// one character. Fails (SQL-0003) at anything else behind the escape
// character.
absl::StatusOr<std::string> DecodeUnicode(absl::string_view quoted,
                                          char escape,
                                          const SourceLocation& location);

// The bytes of X'0aFF'. Fails (SQL-0003) for an odd count or no hex digit.
absl::StatusOr<std::string> DecodeHex(absl::string_view quoted,
                                      const SourceLocation& location);

}  // namespace millrace::sql
