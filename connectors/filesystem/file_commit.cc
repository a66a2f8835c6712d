#include "connectors/filesystem/file_commit.h"

#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "connectors/filesystem/nul_field.h"

namespace millrace {
namespace {

using Kind = FileCommit::Kind;

constexpr absl::string_view kNames[] = {"part", "mark", "epoch", "sweep"};

}  // namespace

Committable FileCommit::ToCommittable() const {
  const std::string number = absl::StrCat(first);
  const std::string other = absl::StrCat(second);
  return {absl::StrJoin({absl::string_view("1"),
                         kNames[static_cast<int>(kind)],
                         absl::string_view(from), absl::string_view(to),
                         absl::string_view(name), absl::string_view(number),
                         absl::string_view(other)},
                        kNul)};
}

absl::StatusOr<FileCommit> FileCommit::From(const Committable& committable) {
  const std::vector<std::string> fields =
      absl::StrSplit(committable.bytes, kNul);
  FileCommit commit;
  if (fields.size() == 7 && fields[0] == "1" &&
      absl::SimpleAtoi(fields[5], &commit.first) &&
      absl::SimpleAtoi(fields[6], &commit.second)) {
    for (size_t kind = 0; kind < std::size(kNames); ++kind) {
      if (fields[1] != kNames[kind]) continue;
      commit.kind = static_cast<Kind>(kind);
      commit.from = fields[2];
      commit.to = fields[3];
      commit.name = fields[4];
      return commit;
    }
  }
  return absl::DataLossError(
      "a file that waits to be committed is unreadable in the checkpoint");
}

}  // namespace millrace
