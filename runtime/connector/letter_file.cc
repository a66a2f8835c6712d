#include "runtime/connector/letter_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr size_t kMostDigits = 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 30;

}  // namespace

void AppendLetter(const LetterRecord& letter, std::string& out) {
  const std::string bytes = letter.ToBytes();
  absl::StrAppend(&out, bytes.size(), ":", bytes);
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
  const int first = std::getc(file_);
  if (first == EOF && std::feof(file_) != 0) {
    return std::optional<LetterRecord>();
  }
  std::ungetc(first, file_);
  const auto length = ReadLength();
  uint64_t size = 0;
  std::optional<LetterRecord> letter;
  if (length && absl::SimpleAtoi(*length, &size) && size <= kMostBytes) {
    std::string bytes(size, '\0');
    if (std::fread(bytes.data(), 1, size, file_) == size) {
      letter = LetterRecord::FromBytes(bytes);
    }
  }
  if (!letter) {
    return absl::DataLossError(
        absl::StrCat(path_, ", byte ", offset_, ": this is no dead letter"));
  }
  offset_ = std::ftell(file_);
  return letter;
}

std::optional<std::string> LetterFile::ReadLength() {
  std::string length;
  while (length.size() <= kMostDigits) {
    const int c = std::getc(file_);
    if (c == ':') return length;
    if (c == EOF) return std::nullopt;
    length.push_back(static_cast<char>(c));
  }
  return std::nullopt;
}

}  // namespace millrace
