#include "connectors/kafka/key_decoder.h"

#include <algorithm>
#include <numeric>

#include "runtime/base/error.h"
#include "runtime/batch/gathered_column.h"

namespace millrace::kafka {
namespace {

absl::Status SeveralKeys() {
  return UserError({.code = "SRC-0312",
                    .what = "the record's key is several rows",
                    .where = "",
                    .why = "the key of a record is one row",
                    .fix = "Write a record for each."});
}

// What was decoded of the payloads at `places`, a row each.
void NoteRows(const Payloads& payloads, const std::vector<uint32_t>& places,
              Decoder& decoder, KeyDecoder::Keys& keys) {
  const std::vector<uint32_t>& decoded = decoder.row_records();
  for (size_t row = 0; row < decoded.size(); ++row) {
    keys.row_of[payloads.records[places[decoded[row]]] - keys.first] =
        static_cast<int64_t>(row);
  }
  keys.batch = decoder.TakeBatch();
}

}  // namespace

KeyDecoder::Keys KeyDecoder::Decode(const std::vector<FetchedRecord>& records,
                                    size_t first, size_t limit) {
  Keys keys;
  keys.first = first;
  keys.row_of.assign(limit - first, Keys::kNoKey);
  const Payloads payloads =
      Payloads::Of(records, first, limit, &FetchedRecord::key);
  std::vector<Decoder::Rejection> bad;
  const uint32_t consumed =
      decoder_->Decode(payloads.bytes, payloads.chunk, bad);
  const std::vector<uint32_t>& rows = decoder_->row_records();
  if (consumed == payloads.bytes.size() &&
      std::adjacent_find(rows.begin(), rows.end()) == rows.end()) {
    std::vector<uint32_t> places(payloads.bytes.size());
    std::iota(places.begin(), places.end(), 0u);
    NoteRows(payloads, places, *decoder_, keys);
  } else {
    // Some are several rows, and perhaps more than fit: those are found one by
    // one and left out.
    decoder_->TakeBatch();
    bad.clear();
    DecodeSingle(payloads, keys, bad);
  }
  for (Decoder::Rejection& one : bad) {
    const size_t record = payloads.records[one.record];
    keys.row_of[record - first] = Keys::kBadKey;
    keys.bad.push_back({.record = record, .error = std::move(one.error)});
  }
  return keys;
}

void KeyDecoder::DecodeSingle(const Payloads& payloads, Keys& keys,
                              std::vector<Decoder::Rejection>& bad) {
  std::vector<uint32_t> places;
  std::vector<RawRecord> single;
  for (uint32_t i = 0; i < payloads.bytes.size(); ++i) {
    const std::vector<RawRecord> one = {payloads.bytes[i]};
    std::vector<Decoder::Rejection> wrong;
    decoder_->Decode(one, payloads.chunk, wrong);
    const size_t count = decoder_->row_count();
    decoder_->TakeBatch();
    if (count > 1 && wrong.empty()) wrong.push_back({0, SeveralKeys()});
    if (!wrong.empty()) {
      bad.push_back({i, std::move(wrong[0].error)});
    } else if (count == 1) {
      places.push_back(i);
      single.push_back(payloads.bytes[i]);
    }
  }
  std::vector<Decoder::Rejection> none;
  decoder_->Decode(single, payloads.chunk, none);
  NoteRows(payloads, places, *decoder_, keys);
}

VectorRef KeyDecoder::Keys::Column(int index, const LogicalType& type,
                                   const std::vector<uint32_t>& records) const {
  std::vector<uint32_t> rows;
  std::vector<uint32_t> absent;
  for (uint32_t i = 0; i < records.size(); ++i) {
    const int64_t row = RowOf(records[i]);
    if (row < 0) absent.push_back(i);
    rows.push_back(row < 0 ? 0 : static_cast<uint32_t>(row));
  }
  return GatheredColumn(
      batch.row_count > 0 ? batch.columns[index].get() : nullptr, type, rows,
      absent);
}

}  // namespace millrace::kafka
