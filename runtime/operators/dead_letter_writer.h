#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "runtime/operators/rejection_policy.h"

namespace millrace {

// Keeps quarantined records in a file of JSON lines, the default place:
//
//   {"time":"2026-01-02T03:04:05.678Z","job":"q0","attempt":0,
//    "operator":"Source: bids[1]","code":"SRC-0012","message":"...",
//    "origin":"bids.json, byte 1234","raw_base64":"eyJ...","raw_text":"{..."}
//
// and rows on which an expression failed, with other fields behind `message`:
//
//    "expression":"q = (a / b)","row":{"a":6,"b":0}}
//
// `raw_text` stands only where the record is valid UTF-8. The file is opened
// at the first record and appended to. It writes on the worker: lines go to
// the page cache and the rejection limit keeps them few.
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
