#include "connectors/filesystem/partition_path.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/types/numeric_text.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {
namespace {

bool NeedsEscape(char c) {
  return static_cast<uint8_t>(c) < 0x20 || c == 0x7F ||
         absl::string_view("\"#%'*/:=?\\{[]^").find(c) !=
             absl::string_view::npos;
}

std::string Escape(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (NeedsEscape(c)) {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<uint8_t>(c));
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string Unescape(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::SimpleHexAtoi(text.substr(i + 1, 2), &code)) {
      plain.push_back(static_cast<char>(code));
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

absl::StatusOr<Value> Unfit(absl::string_view path, absl::string_view key,
                            absl::string_view why) {
  return UserError({.code = "SRC-0205",
                    .what = absl::StrCat("no value of partition column ", key,
                                         " in '", path, "'"),
                    .why = std::string(why)});
}

// The text behind "key=" in one of the folders.
bool FindFolder(absl::string_view path, absl::string_view key,
                std::string* text) {
  for (absl::string_view folder : absl::StrSplit(path, '/')) {
    if (!absl::ConsumePrefix(&folder, Escape(key)) ||
        !absl::ConsumePrefix(&folder, "=")) {
      continue;
    }
    *text = Unescape(folder);
    return true;
  }
  return false;
}

}  // namespace

std::string PartitionFolder(absl::string_view key, absl::string_view value) {
  return absl::StrCat(Escape(key), "=", Escape(value));
}

absl::StatusOr<Value> PartitionValueOf(absl::string_view path,
                                       absl::string_view key,
                                       const LogicalType& type,
                                       absl::string_view default_name) {
  std::string text;
  if (!FindFolder(path, key, &text)) {
    return Unfit(path, key, absl::StrCat("there is no folder ", key, "=..."));
  }
  if (text == default_name) return Value::Null();
  if (type.IsCharacter()) return Value::Text(text);
  int64_t whole = 0;
  int32_t days = 0;
  bool boolean = false;
  double number = 0;
  if (type.IsIntegral() && ParseInteger(text, &whole)) {
    return Value::Int(whole);
  }
  if (type.Is(TypeRoot::kDate) && ParseStandardDate(text, &days)) {
    return Value::Int(days);
  }
  if (type.Is(TypeRoot::kBoolean) && ParseBoolean(text, &boolean)) {
    return Value::Bool(boolean);
  }
  if (type.IsApproximate() && ParseDouble(text, &number)) {
    return Value::Double(number);
  }
  return Unfit(path, key,
               absl::StrCat("'", text, "' is not a ", type.ToString()));
}

}  // namespace millrace
