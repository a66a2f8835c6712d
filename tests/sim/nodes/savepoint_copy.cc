#include "tests/sim/nodes/savepoint_copy.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/stored_split.h"

namespace millrace::sim {
namespace {

absl::Status Place(const std::string& split, const std::string& position,
                   Positions& positions) {
  size_t id = 0;
  int64_t row = 0;
  if (!absl::SimpleAtoi(split, &id) || id >= positions.size() ||
      !absl::SimpleAtoi(position, &row)) {
    return absl::DataLossError(absl::StrCat("split ", split, " at ", position));
  }
  positions[id] = row;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ReadSavepoint(Machine& machine,
                                       const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   machine.Peek(absl::StrCat(folder, "/manifest")));
  ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(bytes));
  for (const FileRef& file : FilesOf(manifest)) {
    const auto content = machine.Peek(absl::StrCat(folder, "/", file.name));
    if (!content.ok() || Crc32c(*content) != file.crc32c) {
      return absl::DataLossError(
          absl::StrCat(folder, "/", file.name, " is gone or damaged"));
    }
  }
  return manifest;
}

// A split that the enumerator has given out and nobody reads has ended.
absl::StatusOr<Positions> PositionsIn(const Manifest& manifest,
                                      const JobInput& input) {
  Positions positions = NoneOf(input);
  for (const Manifest::Enumerator& enumerator : manifest.enumerators) {
    for (const absl::string_view line :
         absl::StrSplit(enumerator.snapshot, '\n')) {
      if (!absl::StartsWith(line, "s")) continue;
      RETURN_IF_ERROR(Place(std::string(line.substr(1)),
                            absl::StrCat(input.rows), positions));
    }
    for (const absl::string_view line :
         absl::StrSplit(enumerator.snapshot, '\n')) {
      if (!absl::StartsWith(line, "w")) continue;
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line.substr(1), ' ');
      RETURN_IF_ERROR(Place(parts.first, parts.second, positions));
    }
  }
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    for (const ItemList& list : snapshot.lists) {
      if (list.name != "splits") continue;
      for (const std::string& item : list.items) {
        ASSIGN_OR_RETURN(const StoredSplit stored, DecodeStoredSplit(item));
        RETURN_IF_ERROR(
            Place(stored.split.id, stored.split.position, positions));
      }
    }
  }
  return positions;
}

}  // namespace millrace::sim
