#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"
#include "runtime/operators/rejection_policy.h"

namespace millrace {

// Keeps quarantined records in a file of lines (dead_letter_line.h), where no
// connector does it with the checkpoints: at least once.
//
// The file is opened at the first record and appended to. It writes on the
// worker: lines go to the page cache and the rejection limit keeps them few.
class DeadLetterWriter final : public RejectedSink {
 public:
  // The name of a file that one writer alone has: a subtask of an operator, in
  // one attempt of its job. What a replay has read is not written to again.
  struct Author {
    absl::string_view job_id;
    absl::string_view uid;  // Of the operator.
    int subtask = 0;
    int64_t attempt = 0;
  };
  static std::string FileName(const Author& author);
  // Whether a file has such a name. Its last line may have no end: a kill cut
  // it short, or it is being written. The record comes again.
  static bool IsFileName(absl::string_view name);

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
