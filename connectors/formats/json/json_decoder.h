#pragma once

#include <memory>
#include <vector>

#include "connectors/formats/json/json_layout.h"
#include "connectors/formats/json/json_options.h"
#include "connectors/formats/json/json_projection.h"
#include "connectors/formats/json/json_walker.h"
#include "connectors/formats/json/layout_decoder.h"
#include "runtime/connector/format.h"

namespace millrace {

// JSON records to the columns that a query uses: the fast way where a record
// looks like one seen before, else the general way.
class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(const JsonOptions& options, const FormatRequest& request,
              const SourceRequest& wanted);

  uint32_t Decode(const std::vector<RawRecord>& records, const ChunkRef& chunk,
                  std::vector<Rejection>& rejected) override;
  const std::vector<uint32_t>& row_records() const override {
    return row_records_;
  }
  Batch TakeBatch() override;

 private:
  // Reads one record the general way. False: the batch has no room for it.
  bool Walk(const RawRecord& record, uint32_t index,
            std::vector<Rejection>& rejected, bool* one_row);
  // Rows added are of the record at hand.
  void SetRowCount(uint32_t count);

  const JsonOptions options_;
  JsonProjection projection_;
  JsonWalker walker_;
  LayoutDecoder layouts_;
  uint32_t row_count_ = 0;
  // Records decoded since TakeBatch, and the one each row came from.
  uint32_t record_count_ = 0;
  std::vector<uint32_t> row_records_;
};

}  // namespace millrace
