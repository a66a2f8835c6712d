#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/connector/letter_parts.h"

namespace millrace {

// Records of dead letters in a file, as `millrace dlq replay` gives them to the
// connector that set them aside: one behind the other, each "<length>:" and so
// many bytes (LetterRecord::ToBytes). The file lives as long as its replay, and
// is read by the version that wrote it.
void AppendLetter(const LetterRecord& letter, std::string& out);

// Reads it. Blocks; owned by one reader.
class LetterFile {
 public:
  // `offset`: where a letter begins, as the one before it left it.
  static absl::StatusOr<std::unique_ptr<LetterFile>> Open(
      const std::string& path, int64_t offset);

  LetterFile(const LetterFile&) = delete;
  LetterFile& operator=(const LetterFile&) = delete;
  ~LetterFile();

  // The next one; nullopt: that was the last. kDataLoss: what is there is no
  // letter.
  absl::StatusOr<std::optional<LetterRecord>> Next();
  // Behind the last one that Next gave.
  int64_t offset() const { return offset_; }

 private:
  LetterFile(std::string path, std::FILE* file, int64_t offset)
      : path_(std::move(path)), file_(file), offset_(offset) {}

  // At most so many bytes; fewer at the file's end. nullopt: it cannot be read.
  std::optional<std::string> ReadAt(int64_t offset, size_t size);

  const std::string path_;
  std::FILE* const file_;
  int64_t offset_;
};

}  // namespace millrace
