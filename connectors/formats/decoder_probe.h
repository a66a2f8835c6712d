#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/batch/vector_value.h"
#include "runtime/connector/format.h"

namespace millrace {

// For tests of formats: `value` as short text, NULL as "null", times as their
// physical numbers.
inline std::string Shown(const Value& value) {
  struct Printer {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return absl::StrCat(v); }
    std::string operator()(__int128 v) const {
      return absl::StrCat("i128:", static_cast<int64_t>(v));
    }
    std::string operator()(double v) const { return absl::StrCat(v, "d"); }
    std::string operator()(TimeNanos v) const {
      return absl::StrCat(v.millis, "ms", v.nanos, "ns");
    }
    std::string operator()(const std::string& v) const {
      return absl::StrCat("'", v, "'");
    }
    std::string operator()(const Value::Children& children) const {
      return absl::StrCat("(",
                          absl::StrJoin(children, ", ",
                                        [](std::string* out, const Value& v) {
                                          out->append(Shown(v));
                                        }),
                          ")");
    }
  };
  return std::visit(Printer(), value.data);
}

// One row as "a, b, c".
inline std::string ShownRow(const Batch& batch, uint32_t row) {
  return absl::StrJoin(batch.columns, ", ",
                       [&](std::string* out, const VectorRef& column) {
                         out->append(Shown(ValueAt(*column, row)));
                       });
}

// A chunk with `records` one behind the other.
class RecordChunk {
 public:
  explicit RecordChunk(const std::vector<std::string>& records) {
    size_t bytes = 0;
    for (const std::string& record : records) bytes += record.size() + 1;
    auto chunk = std::make_shared<Chunk>(bytes);
    char* at = chunk->data();
    for (const std::string& record : records) {
      std::memcpy(at, record.data(), record.size());
      at[record.size()] = '\n';
      this->records.push_back({at, static_cast<uint32_t>(record.size())});
      at += record.size() + 1;
    }
    this->chunk = std::move(chunk);
  }

  ChunkRef chunk;
  std::vector<RawRecord> records;
};

// Decodes records and shows each row; a rejected record shows as its error's
// message.
inline std::vector<std::string> DecodeAll(
    Decoder& decoder, const std::vector<std::string>& records) {
  const RecordChunk input(records);
  std::vector<std::string> shown;
  std::vector<RawRecord> left = input.records;
  while (!left.empty()) {
    std::vector<Decoder::Rejection> rejected;
    const uint32_t done = decoder.Decode(left, input.chunk, rejected);
    left.erase(left.begin(), left.begin() + done);
    const Batch batch = decoder.TakeBatch();
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      shown.push_back(ShownRow(batch, row));
    }
    for (const auto& rejection : rejected) {
      shown.emplace_back(rejection.error.message());
    }
  }
  return shown;
}

// Every column of `columns`, whole.
inline SourceRequest Everything(const std::vector<TableColumn>& columns) {
  SourceRequest wanted;
  for (size_t i = 0; i < columns.size(); ++i) {
    wanted.columns.push_back({{static_cast<int>(i)}, columns[i].type});
  }
  return wanted;
}

}  // namespace millrace
