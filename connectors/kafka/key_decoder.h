#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "connectors/kafka/fetched_record.h"
#include "connectors/kafka/payloads.h"
#include "runtime/batch/batch.h"
#include "runtime/connector/format.h"

namespace millrace::kafka {

// Decodes the keys of records: each is one row, in any table. Owned by one
// reader.
class KeyDecoder {
 public:
  // The keys of some records.
  struct Keys {
    static constexpr int64_t kNoKey = -1;
    static constexpr int64_t kBadKey = -2;
    struct Bad {
      size_t record = 0;
      absl::Status error;
    };

    // The row of the record's key, or one of the two.
    int64_t RowOf(size_t record) const { return row_of[record - first]; }
    // Column `index`, of `type`, of the keys of `records`; NULL where there is
    // none.
    VectorRef Column(int index, const LogicalType& type,
                     const std::vector<uint32_t>& records) const;

    Batch batch;
    size_t first = 0;  // The record that row_of begins with.
    std::vector<int64_t> row_of;
    std::vector<Bad> bad;  // Ascending.
  };

  explicit KeyDecoder(std::unique_ptr<Decoder> decoder)
      : decoder_(std::move(decoder)) {}

  // Those of records [first, limit), of which one whose key is several rows is
  // bad (SRC-0312). REQUIRES: no more of them than a batch has rows.
  Keys Decode(const std::vector<FetchedRecord>& records, size_t first,
              size_t limit);

 private:
  // One by one: those that are one row, and why the others are not.
  void DecodeSingle(const Payloads& payloads, Keys& keys,
                    std::vector<Decoder::Rejection>& bad);

  const std::unique_ptr<Decoder> decoder_;
};

}  // namespace millrace::kafka
