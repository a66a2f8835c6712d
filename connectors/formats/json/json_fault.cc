#include "connectors/formats/json/json_fault.h"

#include "absl/strings/str_cat.h"
#include "connectors/formats/record_text.h"
#include "runtime/base/error.h"

namespace millrace {

absl::Status ToStatus(const JsonFault& fault, absl::string_view record) {
  using Kind = JsonFault::Kind;
  std::string where;
  if (!fault.found.empty()) {
    where = absl::StrCat("byte ", fault.found.data() - record.data(),
                         " of the record");
  }
  const std::string found = absl::StrCat(
      "found ", Excerpt(fault.found.empty() ? record : fault.found));
  switch (fault.kind) {
    case Kind::kMissing:
      return UserError(
          {.code = "SRC-0104",
           .what = absl::StrCat("field ", fault.path, " is missing"),
           .why = "fail-on-missing-field is true"});
    case Kind::kMisfit:
      return UserError(
          {.code = "SRC-0103",
           .what = absl::StrCat(
               fault.path.empty() ? std::string("the record")
                                  : absl::StrCat("field ", fault.path),
               " is not ", fault.expected),
           .where = where,
           .why = found});
    case Kind::kNotUtf8:
      return UserError({.code = "SRC-0102",
                        .what = "the record is not UTF-8",
                        .where = absl::StrCat("byte ",
                                              FirstInvalidUtf8(record),
                                              " of the record")});
    case Kind::kTooDeep:
      return UserError({.code = "SRC-0101",
                        .what = absl::StrCat("JSON is nested deeper than ",
                                             kMaxJsonDepth),
                        .why = found});
    case Kind::kTooMany:
      return UserError(
          {.code = "SRC-0105",
           .what = absl::StrCat("the record is an array of more than ",
                                kMostJsonElements, " elements"),
           .why = "the rows of a record are read at once",
           .fix = "Write it as several records."});
    case Kind::kMalformed: break;
  }
  return UserError({.code = "SRC-0101",
                    .what = "malformed JSON",
                    .where = where,
                    .why = fault.reason.empty()
                               ? found
                               : absl::StrCat(fault.reason, " ", found)});
}

}  // namespace millrace
