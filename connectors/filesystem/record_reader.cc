#include "connectors/filesystem/record_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What is kept of a record that is too long, for people to recognise it by.
constexpr size_t kHeadBytes = 64 << 10;

std::string Head(const char* record, size_t size_bytes) {
  return std::string(record, std::min(size_bytes, kHeadBytes));
}

}  // namespace

RecordReader::RecordReader(const FileSplit& split,
                           std::unique_ptr<ByteStream> stream,
                           const Options& options)
    : options_(options),
      limit_(split.limit),
      stream_(std::move(stream)),
      chunk_offset_(split.next),
      find_record_(split.find_record) {}

absl::StatusOr<bool> RecordReader::Next() {
  records_.clear();
  oversized_.clear();
  while (records_.empty() && oversized_.empty()) {
    if (ended_) return false;
    RETURN_IF_ERROR(Fill());
    Cut();
  }
  return true;
}

absl::Status RecordReader::Fill() {
  const size_t kept = filled_ - next_;
  // Twice what is left: a long record is copied a few times, not many.
  auto chunk =
      std::make_shared<Chunk>(std::max(options_.chunk_bytes, 2 * kept));
  if (kept > 0) std::memcpy(chunk->data(), data_ + next_, kept);
  chunk_offset_ += static_cast<int64_t>(next_);
  searched_ -= next_;
  next_ = 0;
  filled_ = kept;
  data_ = chunk->data();
  while (filled_ < chunk->capacity_bytes()) {
    ASSIGN_OR_RETURN(
        const size_t got,
        stream_->Read(data_ + filled_, chunk->capacity_bytes() - filled_));
    if (got == 0) {
      at_end_ = true;
      break;
    }
    filled_ += got;
  }
  chunk_ = std::move(chunk);
  return absl::OkStatus();
}

void RecordReader::Cut() {
  const char* end = data_ + filled_;
  if ((find_record_ || skipping_) && !SkipToLineEnd(end)) return;
  while (true) {
    if (limit_ != FileSplit::kNoLimit && next_offset() > limit_) {
      ended_ = true;
      return;
    }
    const char* line_end = FindLineEnd(data_ + searched_, end);
    if (line_end != nullptr) {
      AddRecord(line_end);
      next_ = searched_ = line_end + 1 - data_;
      continue;
    }
    searched_ = filled_;
    if (at_end_) {
      if (next_ < filled_) AddRecord(end);
      next_ = filled_;
      ended_ = true;
    } else if (filled_ - next_ > options_.record_limit_bytes) {
      skipped_ = {.offset = next_offset(),
                  .head = Head(data_ + next_, filled_ - next_)};
      skipped_hash_ = HashStream();
      Skip({data_ + next_, filled_ - next_});
      skipping_ = true;
      next_ = filled_;
    }
    return;
  }
}

bool RecordReader::SkipToLineEnd(const char* end) {
  const char* line_end = FindLineEnd(data_ + searched_, end);
  if (line_end == nullptr && !at_end_) {
    if (skipping_) Skip({data_ + next_, filled_ - next_});
    next_ = searched_ = filled_;
    return false;
  }
  if (skipping_) {
    const char* stop = line_end == nullptr ? end : line_end;
    Skip({data_ + next_, static_cast<size_t>(stop - (data_ + next_))});
    EndSkipped();
  }
  find_record_ = skipping_ = false;
  ended_ = line_end == nullptr;
  next_ = searched_ = line_end == nullptr ? filled_ : line_end + 1 - data_;
  return !ended_;
}

void RecordReader::Skip(absl::string_view bytes) {
  skipped_.size_bytes += static_cast<int64_t>(bytes.size());
  skipped_hash_.Add(bytes);
}

void RecordReader::EndSkipped() {
  skipped_.hash = skipped_hash_.Hash();
  oversized_.push_back(std::move(skipped_));
}

void RecordReader::AddRecord(const char* line_end) {
  const char* start = data_ + next_;
  size_t size = line_end - start;
  if (size > 0 && start[size - 1] == '\r') --size;
  if (size > options_.record_limit_bytes) {
    oversized_.push_back({.offset = next_offset(),
                          .size_bytes = static_cast<int64_t>(size),
                          .hash = HashBytes({start, size}),
                          .head = Head(start, size)});
    return;
  }
  records_.push_back({start, static_cast<uint32_t>(size)});
}

const char* RecordReader::FindLineEnd(const char* from, const char* end) {
  while (true) {
    const char* line_end =
        static_cast<const char*>(std::memchr(from, '\n', end - from));
    if (options_.quote == 0) return line_end;
    const char* stop = line_end == nullptr ? end : line_end;
    while (const void* quote = std::memchr(from, options_.quote,
                                           stop - from)) {
      in_quotes_ = !in_quotes_;
      from = static_cast<const char*>(quote) + 1;
    }
    if (line_end == nullptr || !in_quotes_) return line_end;
    from = line_end + 1;
  }
}

}  // namespace millrace
