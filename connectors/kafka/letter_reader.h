#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/record_decoder.h"
#include "runtime/connector/letter_file.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// Reads the records of dead letters as if their topic gave them again: with
// their keys, times, headers and places. No broker is asked.
class LetterReader final : public SplitReader {
 public:
  // `path`: see letter_file.h.
  LetterReader(std::string path, std::unique_ptr<RecordDecoder> decoder)
      : path_(std::move(path)), decoder_(std::move(decoder)) {}

  absl::Status AddSplit(const Split& split) override;
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::optional<RejectedRecord> CheckEventTime(uint32_t row,
                                               int64_t latest_ms) override {
    return decoder_->CheckEventTime(row, latest_ms);
  }
  std::vector<Split> Snapshot() const override;

 private:
  // The next letters of the file, where all those before were decoded.
  absl::Status Refill(uint32_t most);

  const std::string path_;
  const std::unique_ptr<RecordDecoder> decoder_;
  std::optional<Split> split_;
  bool ended_ = false;
  std::unique_ptr<LetterFile> file_;
  std::vector<LetterRecord> letters_;
  std::vector<int64_t> ends_;           // Of each, in the file.
  std::vector<FetchedRecord> records_;  // Views into letters_.
  size_t next_record_ = 0;
  int64_t begin_ = 0;  // Of the first of them, in the file.
};

// Finds their one split.
class LetterDiscovery final : public SplitDiscovery {
 public:
  absl::StatusOr<std::vector<Split>> Discover() override;
};

}  // namespace millrace::kafka
