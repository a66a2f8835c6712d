#include "connectors/kafka/waiting_records.h"

namespace millrace::kafka {

EncodedRecords WaitingRecords::Fresh() {
  if (spare_.empty()) return EncodedRecords();
  EncodedRecords fresh = std::move(spare_.back());
  spare_.pop_back();
  return fresh;
}

void WaitingRecords::Push(EncodedRecords records, int64_t now_nanos) {
  if (records.size() == 0) {
    spare_.push_back(std::move(records));
    return;
  }
  bytes_ += records.size_bytes();
  batches_.push_back({std::move(records), now_nanos});
}

void WaitingRecords::Pop() {
  EncodedRecords& records = batches_.front().records;
  bytes_ -= records.size_bytes();
  records.Clear();
  spare_.push_back(std::move(records));
  batches_.pop_front();
}

}  // namespace millrace::kafka
