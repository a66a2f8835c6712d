#include "connectors/filesystem/open_item.h"

#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "connectors/filesystem/nul_field.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

constexpr absl::string_view kNames[] = {"part", "partition", "epoch"};
constexpr size_t kFixedFields = 6;

}  // namespace

std::string OpenItem::ToString() const {
  std::string text = absl::StrCat("1", kNul, kNames[static_cast<int>(kind)]);
  absl::StrAppend(&text, kNul, from, kNul, to);
  absl::StrAppend(&text, kNul, first, kNul, second);
  for (const std::string& value : values) absl::StrAppend(&text, kNul, value);
  return text;
}

absl::StatusOr<OpenItem> OpenItem::From(const std::string& text) {
  const std::vector<std::string> fields = absl::StrSplit(text, kNul);
  OpenItem item;
  if (fields.size() >= kFixedFields && fields[0] == "1" &&
      absl::SimpleAtoi(fields[4], &item.first) &&
      absl::SimpleAtoi(fields[5], &item.second)) {
    for (size_t kind = 0; kind < std::size(kNames); ++kind) {
      if (fields[1] != kNames[kind]) continue;
      item.kind = static_cast<Kind>(kind);
      item.from = fields[2];
      item.to = fields[3];
      item.values.assign(fields.begin() + kFixedFields, fields.end());
      return item;
    }
  }
  return absl::DataLossError(
      "an open file of a sink is unreadable in the checkpoint");
}

absl::Status OpenItem::Lost(absl::string_view why) const {
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "SNK-0105",
       .what = absl::StrCat("rows of the checkpoint cannot be restored from '",
                            from, "'"),
       .why = std::string(why),
       .fix = "Put the file back, or start the job from another checkpoint."});
}

}  // namespace millrace
