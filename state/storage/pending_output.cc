#include "state/storage/pending_output.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace millrace {
namespace {

constexpr absl::string_view kWithoutFiles = "1\n";
constexpr absl::string_view kWithFiles = "2\n";

// The words of the next line, which is taken off; none: there is no line.
std::vector<absl::string_view> TakeLine(absl::string_view& rest) {
  const size_t end = rest.find('\n');
  if (end == absl::string_view::npos) return {};
  const absl::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return absl::StrSplit(line, ' ');
}

bool TakeFile(absl::string_view& rest, FileRef& file) {
  const std::vector<absl::string_view> words = TakeLine(rest);
  if (words.size() != 3 || !absl::SimpleAtoi(words[1], &file.size_bytes) ||
      !absl::SimpleAtoi(words[2], &file.crc32c)) {
    return false;
  }
  file.name = std::string(words[0]);
  return true;
}

bool TakePiece(absl::string_view& rest, bool with_files, PendingOutput& piece) {
  const std::vector<absl::string_view> words = TakeLine(rest);
  int64_t checkpoint = 0;
  size_t length = 0;
  uint32_t files = 0;
  if (words.size() != (with_files ? 3 : 2) ||
      !absl::SimpleAtoi(words[0], &checkpoint) ||
      !absl::SimpleAtoi(words[1], &length) ||
      (with_files && !absl::SimpleAtoi(words[2], &files))) {
    return false;
  }
  piece.checkpoint = CheckpointId(checkpoint);
  for (; files > 0; --files) {
    if (!TakeFile(rest, piece.files.emplace_back())) return false;
  }
  if (length > rest.size()) return false;
  piece.bytes = rest.substr(0, length);
  rest.remove_prefix(length);
  return true;
}

}  // namespace

std::string EncodePendingItem(const std::vector<PendingOutput>& pieces) {
  const bool with_files = std::any_of(
      pieces.begin(), pieces.end(),
      [](const PendingOutput& piece) { return !piece.files.empty(); });
  std::string item(with_files ? kWithFiles : kWithoutFiles);
  for (const PendingOutput& piece : pieces) {
    absl::StrAppend(&item, piece.checkpoint.value(), " ", piece.bytes.size());
    if (with_files) absl::StrAppend(&item, " ", piece.files.size());
    absl::StrAppend(&item, "\n");
    for (const FileRef& file : piece.files) {
      absl::StrAppend(&item, file.name, " ", file.size_bytes, " ", file.crc32c,
                      "\n");
    }
    absl::StrAppend(&item, piece.bytes);
  }
  return item;
}

absl::StatusOr<std::vector<PendingOutput>> DecodePendingItem(
    absl::string_view item) {
  const bool with_files = absl::StartsWith(item, kWithFiles);
  bool whole = with_files || absl::StartsWith(item, kWithoutFiles);
  item.remove_prefix(std::min(item.size(), kWithFiles.size()));
  std::vector<PendingOutput> pieces;
  while (whole && !item.empty()) {
    whole = TakePiece(item, with_files, pieces.emplace_back());
  }
  // The second form is taken for a file that some piece has.
  if (whole && !(with_files && pieces.empty())) return pieces;
  return absl::DataLossError(
      "a sink's output that waits to be committed is unreadable in the "
      "checkpoint");
}

bool IsPendingOutput(const ItemList& list) {
  return absl::EndsWith(list.name, kPendingOutput);
}

}  // namespace millrace
