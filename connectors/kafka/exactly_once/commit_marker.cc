#include "connectors/kafka/exactly_once/commit_marker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "runtime/base/hash.h"

namespace millrace::kafka {
namespace {

constexpr char kLeftOut[] = "...";

std::string Checksum(absl::string_view key, absl::string_view text) {
  return absl::StrFormat("%016x", HashBytes(absl::StrCat(key, "\n", text)));
}

// "lineage:sequence:chunk", or with ' ' for ':'.
std::string TextOf(const CommitPosition& position, char separator) {
  const absl::string_view between(&separator, 1);
  return absl::StrCat(position.lineage, between, position.sequence, between,
                      position.chunk);
}

bool TakePosition(absl::string_view lineage, absl::string_view sequence,
                  absl::string_view chunk, CommitPosition& position) {
  position.lineage = std::string(lineage);
  return absl::SimpleAtoi(sequence, &position.sequence) &&
         absl::SimpleAtoi(chunk, &position.chunk);
}

bool TakeAncestors(absl::string_view text, CommitMarker& marker) {
  if (text == "-") return true;
  for (const absl::string_view one : absl::StrSplit(text, ',')) {
    if (marker.ancestors_left_out) return false;
    if (one == kLeftOut) {
      marker.ancestors_left_out = true;
      continue;
    }
    const std::vector<absl::string_view> parts = absl::StrSplit(one, ':');
    CommitPosition& ancestor = marker.ancestors.emplace_back();
    if (parts.size() != 3 ||
        !TakePosition(parts[0], parts[1], parts[2], ancestor)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<CommitPosition> CommitMarker::PositionOf(
    absl::string_view lineage) const {
  if (position.lineage == lineage) return position;
  for (const CommitPosition& ancestor : ancestors) {
    if (ancestor.lineage == lineage) return ancestor;
  }
  return std::nullopt;
}

CommitMarker CommitMarker::Next(CommitPosition next) const {
  CommitMarker marker = *this;
  if (next.lineage != position.lineage) {
    std::erase_if(marker.ancestors, [&](const CommitPosition& ancestor) {
      return ancestor.lineage == next.lineage;
    });
    marker.ancestors.insert(marker.ancestors.begin(), position);
  }
  if (marker.ancestors.size() > kMostAncestors) {
    marker.ancestors.resize(kMostAncestors);
    marker.ancestors_left_out = true;
  }
  marker.position = std::move(next);
  return marker;
}

std::string CommitMarker::Encode(absl::string_view key) const {
  std::vector<std::string> list;
  for (const CommitPosition& ancestor : ancestors) {
    list.push_back(TextOf(ancestor, ':'));
  }
  if (ancestors_left_out) list.push_back(kLeftOut);
  const std::string text =
      absl::StrCat("1 ", TextOf(position, ' '), " ",
                   list.empty() ? "-" : absl::StrJoin(list, ","));
  return absl::StrCat(text, " ", Checksum(key, text));
}

absl::StatusOr<CommitMarker> CommitMarker::Decode(absl::string_view key,
                                                  absl::string_view value) {
  const auto damaged = [&](absl::string_view why) {
    return absl::DataLossError(
        absl::StrCat("the commit marker of '", key, "' ", why));
  };
  const size_t end = value.rfind(' ');
  if (end == absl::string_view::npos || !absl::StartsWith(value, "1 ")) {
    return damaged("was not written by this version");
  }
  const absl::string_view text = value.substr(0, end);
  if (value.substr(end + 1) != Checksum(key, text)) {
    return damaged("has another checksum");
  }
  const std::vector<absl::string_view> fields = absl::StrSplit(text, ' ');
  CommitMarker marker;
  if (fields.size() != 5 ||
      !TakePosition(fields[1], fields[2], fields[3], marker.position) ||
      !TakeAncestors(fields[4], marker)) {
    return damaged("has other fields");
  }
  return marker;
}

std::string NonceKey(absl::string_view transactional_id) {
  return absl::StrCat(transactional_id, "/nonce");
}

}  // namespace millrace::kafka
