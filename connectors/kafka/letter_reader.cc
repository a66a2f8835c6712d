#include "connectors/kafka/letter_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Read at once, or one letter that has more.
constexpr size_t kReadBytes = 1 << 20;

}  // namespace

absl::Status LetterReader::AddSplit(const Split& split) {
  if (!absl::SimpleAtoi(split.position, &begin_)) {
    return absl::DataLossError("not a position in a file of dead letters");
  }
  split_ = split;
  return absl::OkStatus();
}

absl::StatusOr<Poll> LetterReader::Next(uint32_t max_rows) {
  Poll poll;
  if (!split_ || ended_) {
    poll.retry_after = absl::InfiniteDuration();
    return poll;
  }
  RETURN_IF_ERROR(Refill(max_rows));
  if (next_record_ == records_.size()) {
    ended_ = true;
    poll.state = Poll::State::kEndOfSplit;
    return poll;
  }
  const size_t before = next_record_;
  next_record_ = decoder_->Decode(records_, before, poll);
  for (size_t i = before; i < next_record_; ++i) {
    poll.bytes += static_cast<int64_t>(records_[i].value.size());
  }
  poll.records = static_cast<int64_t>(next_record_ - before);
  poll.state = Poll::State::kRows;
  return poll;
}

absl::Status LetterReader::Refill(uint32_t most) {
  if (next_record_ < records_.size()) return absl::OkStatus();
  if (file_ == nullptr) {
    ASSIGN_OR_RETURN(file_, LetterFile::Open(path_, begin_));
  }
  begin_ = file_->offset();
  letters_.clear();
  ends_.clear();
  records_.clear();
  next_record_ = 0;
  size_t bytes = 0;
  while (letters_.size() < most && bytes < kReadBytes) {
    ASSIGN_OR_RETURN(std::optional<LetterRecord> letter, file_->Next());
    if (!letter) break;
    bytes += letter->origin.raw.size();
    letters_.push_back(*std::move(letter));
    ends_.push_back(file_->offset());
  }
  for (const LetterRecord& letter : letters_) {
    records_.push_back(FromLetter(letter));
  }
  return absl::OkStatus();
}

std::vector<Split> LetterReader::Snapshot() const {
  if (!split_ || ended_) return {};
  const int64_t position =
      next_record_ == 0 ? begin_ : ends_[next_record_ - 1];
  return {{split_->id, absl::StrCat(position)}};
}

absl::StatusOr<std::vector<Split>> LetterDiscovery::Discover() {
  return std::vector<Split>{{"letters", "0"}};
}

}  // namespace millrace::kafka
