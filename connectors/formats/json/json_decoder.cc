#include "connectors/formats/json/json_decoder.h"

#include <utility>

namespace millrace {

JsonDecoder::JsonDecoder(const JsonOptions& options,
                         const FormatRequest& request,
                         const SourceRequest& wanted)
    : options_(options),
      projection_(request.columns, wanted),
      walker_(options_, projection_),
      layouts_(options_, projection_) {
  row_records_.reserve(kMaxBatchRows);
}

uint32_t JsonDecoder::Decode(const std::vector<RawRecord>& records,
                             const ChunkRef& chunk,
                             std::vector<Rejection>& rejected) {
  uint32_t done = 0;
  for (; done < records.size() && row_count_ < kMaxBatchRows; ++done) {
    const RawRecord& record = records[done];
    const LayoutDecoder::Outcome fast = layouts_.Decode(record, row_count_);
    if (fast == LayoutDecoder::Outcome::kRow) {
      ++row_count_;
      row_records_.push_back(record_count_);
    } else if (fast == LayoutDecoder::Outcome::kMiss) {
      bool one_row = false;
      if (!Walk(record, done, rejected, &one_row)) break;
      if (one_row) layouts_.Learn(record);
    }
    ++record_count_;
  }
  projection_.Pin(chunk);
  return done;
}

bool JsonDecoder::Walk(const RawRecord& record, uint32_t index,
                       std::vector<Rejection>& rejected, bool* one_row) {
  const uint32_t before = row_count_;
  JsonWalker::Outcome outcome =
      walker_.Walk(record, {.first = row_count_,
                            .limit = kMaxBatchRows});
  // A checkpoint between two batches would have half of the record behind it:
  // it begins the next one, which has room for all of it.
  if (!outcome.finished) return false;
  SetRowCount(before + outcome.rows);
  *one_row = outcome.rows == 1 && outcome.error.ok();
  if (!outcome.error.ok() &&
      (outcome.too_many || !options_.ignore_parse_errors)) {
    SetRowCount(before);
    rejected.push_back({index, std::move(outcome.error)});
  }
  return true;
}

void JsonDecoder::SetRowCount(uint32_t count) {
  row_count_ = count;
  row_records_.resize(count, record_count_);
}

Batch JsonDecoder::TakeBatch() {
  Batch batch = projection_.TakeBatch(row_count_);
  row_count_ = 0;
  record_count_ = 0;
  row_records_.clear();
  return batch;
}

}  // namespace millrace
