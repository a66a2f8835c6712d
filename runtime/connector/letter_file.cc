#include "runtime/connector/letter_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/connector/length_prefix.h"

namespace millrace {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 30;

}  // namespace

void AppendLetter(const LetterRecord& letter, std::string& out) {
  AppendWithLength(letter.ToBytes(), out);
}

absl::StatusOr<std::unique_ptr<LetterFile>> LetterFile::Open(
    const std::string& path, int64_t offset) {
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr ||
      std::fseek(file, static_cast<long>(offset), SEEK_SET) != 0) {
    const int error = errno;
    if (file != nullptr) std::fclose(file);
    return absl::NotFoundError(
        absl::StrCat("cannot read ", path, ": ", std::strerror(error)));
  }
  return std::unique_ptr<LetterFile>(new LetterFile(path, file, offset));
}

LetterFile::~LetterFile() { std::fclose(file_); }

absl::StatusOr<std::optional<LetterRecord>> LetterFile::Next() {
  const auto head = ReadAt(offset_, kLongestLengthPrefix);
  if (head == "") return std::optional<LetterRecord>();
  absl::string_view left;
  if (head) left = *head;
  const auto size = TakeLengthPrefix(left);
  std::optional<LetterRecord> letter;
  int64_t begin = 0;
  if (size && *size <= kMostBytes) {
    begin = offset_ + static_cast<int64_t>(head->size() - left.size());
    const auto bytes = ReadAt(begin, *size);
    if (bytes && bytes->size() == *size) {
      letter = LetterRecord::FromBytes(*bytes);
    }
  }
  if (!letter) {
    return absl::DataLossError(
        absl::StrCat(path_, ", byte ", offset_, ": this is no dead letter"));
  }
  offset_ = begin + static_cast<int64_t>(*size);
  return letter;
}

std::optional<std::string> LetterFile::ReadAt(int64_t offset, size_t size) {
  if (std::fseek(file_, static_cast<long>(offset), SEEK_SET) != 0) {
    return std::nullopt;
  }
  std::string bytes(size, '\0');
  bytes.resize(std::fread(bytes.data(), 1, size, file_));
  if (std::ferror(file_) != 0) return std::nullopt;
  return bytes;
}

}  // namespace millrace
