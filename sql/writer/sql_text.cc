#include "sql/writer/sql_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "sql/parser/keywords.h"

namespace millrace::sql {
namespace {

// Not reserved, but something else than a name at some places.
constexpr absl::string_view kAmbiguous[] = {
    "ABSENT", "ARRAY", "BOTH", "CAST", "CATALOG", "CUBE", "DATE", "DEFAULT",
    "DESCRIPTOR", "EXTENDED", "GROUPING", "IF", "KEY", "LEADING", "MAP",
    "MODULES", "MULTISET", "RANGE", "ROLLUP", "ROW", "ROWS", "TIME",
    "TIMESTAMP", "TRAILING", "TRY_CAST", "UNIQUE", "WATERMARK"};

bool ParsesBare(absl::string_view name) {
  const auto letter = [](char c) { return absl::ascii_isalpha(c) || c == '_'; };
  const auto any = [&](char c) {
    return letter(c) || absl::ascii_isdigit(c) || c == '$';
  };
  if (name.empty() || !letter(name[0])) return false;
  if (!std::ranges::all_of(name, any)) return false;
  const std::string upper = absl::AsciiStrToUpper(name);
  return !IsReserved(upper) && std::ranges::find(kAmbiguous, upper) ==
                                   std::end(kAmbiguous);
}

}  // namespace

std::string QuoteIdentifier(absl::string_view name, QuoteStyle quotes) {
  if (quotes == QuoteStyle::kWhereNeeded && ParsesBare(name)) {
    return std::string(name);
  }
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

std::string QuoteString(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

void SqlText::AddPath(const std::vector<Name>& parts) {
  Comma dot(".");
  for (const Name& part : parts) {
    Add(dot.Next());
    AddName(part);
  }
}

void SqlText::AddNames(const std::vector<Name>& names) {
  Add("(");
  Comma comma;
  for (const Name& name : names) {
    Add(comma.Next());
    AddName(name);
  }
  Add(")");
}

}  // namespace millrace::sql
