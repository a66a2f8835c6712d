#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/connector/source.h"

namespace millrace {

// Where quarantined records go. Owned by one operator of one subtask.
class RejectedSink {
 public:
  virtual ~RejectedSink() = default;
  virtual absl::Status Write(const RejectedRecord& record, absl::Time now) = 0;
  // Everything written is in somebody else's hands: the operating system's, or
  // those of a table's writer.
  virtual absl::Status Flush() = 0;
};

// Says when so much of a source is bad that going on would hide a fault: over
// 1 % of the records and over 100 of them within the last minute.
class RejectionLimit {
 public:
  static constexpr int64_t kLeastRejected = 100;
  static constexpr int kPercent = 1;

  // Counts what came at `now`, which never goes back; whether the limit is
  // crossed. The minute slides by ten seconds.
  bool Add(absl::Time now, int64_t records, int64_t rejected);

 private:
  static constexpr int kBuckets = 6;
  struct Bucket {
    int64_t slot = -1;  // Which ten seconds since the epoch.
    int64_t records = 0;
    int64_t rejected = 0;
  };

  Bucket buckets_[kBuckets];
};

// What happens to records that could not be decoded, by the table's
// 'error-handling.mode': fail the job, keep them aside (the default), or drop
// them; and likewise to rows on which an expression failed, by the job's
// 'error-handling.expression.mode'. Not thread-safe.
class RejectionPolicy {
 public:
  enum class Mode { kFail, kQuarantine, kDrop };
  enum class Subject { kRecords, kRows };

  // The mode of a table's options; SRC-0040 for one that does not exist.
  static absl::StatusOr<Mode> ModeOf(const TableDescriptor& table);
  // The mode of a job, "" being the default, to fail; CFG-0002 for one that
  // does not exist.
  static absl::StatusOr<Mode> ModeOfExpressions(absl::string_view mode);

  // `where` is a table's name, or an operator's. `sink` may be null where the
  // mode is not kQuarantine.
  RejectionPolicy(std::string where, Mode mode,
                  std::unique_ptr<RejectedSink> sink,
                  Subject subject = Subject::kRecords)
      : where_(std::move(where)),
        mode_(mode),
        sink_(std::move(sink)),
        subject_(subject) {}

  Mode mode() const { return mode_; }

  // `records` came in one poll and `rejected` of them are bad. Not OK ends
  // the job: the record's own error in mode fail, SRC-0041 (of rows EXP-0201)
  // when the limit is crossed in mode quarantine.
  absl::Status OnPoll(absl::Time now, int64_t records,
                      const std::vector<RejectedRecord>& rejected);

 private:
  absl::Status LimitCrossed(const RejectedRecord& last) const;

  const std::string where_;
  const Mode mode_;
  std::unique_ptr<RejectedSink> sink_;
  const Subject subject_;
  RejectionLimit limit_;
};

}  // namespace millrace
