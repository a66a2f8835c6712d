#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "runtime/operators/rejection_policy.h"

namespace millrace {

// Keeps quarantined records in a file of lines (dead_letter_line.h), where there
// is no connector to do it with the checkpoints: at least once.
//
// The file is opened at the first record and appended to. It writes on the
// worker: lines go to the page cache and the rejection limit keeps them few.
class DeadLetterWriter final : public RejectedSink {
 public:
  struct Options {
    std::string path;  // Its directory is made where it is missing.
    std::string job;
    int64_t attempt = 0;
    std::string op;  // For people: "Source: bids[1]".
  };

  explicit DeadLetterWriter(Options options) : options_(std::move(options)) {}
  DeadLetterWriter(const DeadLetterWriter&) = delete;
  DeadLetterWriter& operator=(const DeadLetterWriter&) = delete;
  ~DeadLetterWriter() override;

  // SRC-0042 when the file cannot be opened or written; kUnavailable where
  // that may pass.
  absl::Status Write(const RejectedRecord& record, absl::Time now) override;
  absl::Status Flush() override;

 private:
  absl::Status Failed(absl::string_view doing) const;

  const Options options_;
  std::FILE* file_ = nullptr;
};

}  // namespace millrace
