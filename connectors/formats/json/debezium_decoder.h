#pragma once

#include <memory>
#include <vector>

#include "connectors/formats/json/json_decoder.h"
#include "connectors/formats/json/json_options.h"
#include "runtime/connector/format.h"

namespace millrace {

// Changes as Debezium writes them, {"before":{..},"after":{..},"op":"u"}, to
// the rows of a changelog: c and r give +I of `after`, u gives -U and +U, d
// gives -D of `before`. Rejections are those of JSON and SRC-0121: an unknown
// op, or a row that is missing where the op needs it.
class DebeziumDecoder final : public Decoder {
 public:
  struct Options {
    JsonOptions json;
    // The change lies in a field "payload", beside its schema.
    bool schema_include = false;
  };

  DebeziumDecoder(const Options& options, const FormatRequest& request,
                  const SourceRequest& wanted);

  uint32_t Decode(const std::vector<RawRecord>& records, const ChunkRef& chunk,
                  std::vector<Rejection>& rejected) override;
  const std::vector<uint32_t>& row_records() const override {
    return row_records_;
  }
  Batch TakeBatch() override;

 private:
  // A wanted column as a path into the rows of the envelope.
  struct Output {
    std::vector<int> path;
    LogicalType type;
  };
  // Where a row of the changelog comes from: an envelope of a Decode.
  struct Source {
    uint32_t batch = 0;
    uint32_t row = 0;
    bool after = false;
  };

  // Turns the envelopes decoded into rows. `first_record` is the first one's
  // index among the records of this Decode.
  void Expand(const Batch& envelopes, const std::vector<uint32_t>& records,
              uint32_t first_record, std::vector<Rejection>& rejected);
  absl::Status ExpandOne(const Batch& envelopes, uint32_t row);
  void AddRow(RowKind kind, uint32_t row, bool after);
  VectorRef Collect(const Output& output) const;

  const Options options_;
  std::vector<Output> outputs_;
  std::unique_ptr<JsonDecoder> envelope_;

  // Of the batch under construction: the envelopes of each Decode, and the
  // rows taken from them.
  std::vector<Batch> envelopes_;
  std::vector<Source> rows_;
  std::vector<int8_t> kinds_;
  std::vector<uint32_t> row_records_;
  uint32_t record_count_ = 0;
};

}  // namespace millrace
