#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/connector/committing_writer.h"
#include "runtime/operators/rejection_policy.h"

namespace millrace {

// What becomes of the records of one sink subtask that its writer refuses, by
// the table's 'error-handling.mode': they fail the job, are kept aside (the
// default) or left out. Not thread-safe.
class OutputRefusals {
 public:
  struct Options {
    std::string table;
    RejectionPolicy::Mode mode = RejectionPolicy::Mode::kFail;
    std::unique_ptr<RejectedSink> sink;  // In mode quarantine.
    Counter* counter = nullptr;          // Of the records; may be null.
    const Clock* clock = nullptr;
  };

  explicit OutputRefusals(Options options) : options_(std::move(options)) {}

  // Of `rows` rows these were refused. Not OK ends the job: the record's own
  // error in mode fail, SNK-0310 where so many were refused that the query is
  // wrong, or they cannot be kept.
  absl::Status OnRows(int64_t rows,
                      std::vector<CommittingWriter::Refused> refused);

 private:
  Options options_;
  RejectionLimit limit_;
};

}  // namespace millrace
