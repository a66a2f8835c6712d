#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "connectors/kafka/encoded_records.h"

namespace millrace::kafka {

// Records on their way into the library's queue, and when they go there.
//
// The library has one request of an idempotent producer under way for each
// partition. While it waits for the answer, and records behind that request are
// older than 'linger.ms', its thread polls without a pause: nearly always,
// where records come as fast as they are answered or faster. So it is to linger
// for long, and is pushed (ProducerPush) as soon as it has been given what came
// while all before was on its way, as in Nagle's algorithm (RFC 896): then each
// partition's share leaves as one request, and nothing waits behind it. What is
// answered late is waited for no longer than kLongestWait, for the sake of
// other partitions. What is enough for full batches goes at once, and leaves
// as they fill.
//
// One writer's.
class WaitingRecords {
 public:
  // Two full batches; the rows that reach it are still taken.
  static constexpr int64_t kMostBytes = 1 << 20;
  // For others to come: brokers get hundreds of requests a second and not
  // thousands.
  static constexpr absl::Duration kGather = absl::Milliseconds(1);
  static constexpr absl::Duration kLongestWait = absl::Milliseconds(10);

  // To be filled and pushed; its memory was used before.
  EncodedRecords Fresh();
  void Push(EncodedRecords records, int64_t now_nanos);

  bool is_empty() const { return batches_.empty(); }
  bool is_full() const { return bytes_ >= kMostBytes; }
  // Whether they may go. `is_idle`: all that went before is answered.
  bool IsDue(bool is_idle, int64_t now_nanos) const {
    return !is_empty() && (is_full() || now_nanos >= DueNanos(is_idle));
  }
  // When they may, where no more come; REQUIRES: !is_empty().
  int64_t DueNanos(bool is_idle) const {
    return batches_.front().since_nanos +
           absl::ToInt64Nanoseconds(is_idle ? kGather : kLongestWait);
  }

  // The oldest, those of one Push; REQUIRES: !is_empty().
  const EncodedRecords& front() const { return batches_.front().records; }
  // They are gone.
  void Pop();

 private:
  struct Batch {
    EncodedRecords records;
    int64_t since_nanos = 0;
  };
  std::deque<Batch> batches_;  // None is empty.
  int64_t bytes_ = 0;          // Of them.
  // As many as were ever needed at once, which kMostBytes bounds.
  std::vector<EncodedRecords> spare_;
};

}  // namespace millrace::kafka
