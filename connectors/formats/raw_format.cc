#include "connectors/formats/raw_format.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/formats/column_builder.h"
#include "connectors/formats/record_text.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Bytes of a value of the type; 0: as many as the record has, -1: no form.
int RawWidth(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kChar:
    case TypeRoot::kVarChar:
    case TypeRoot::kBinary:
    case TypeRoot::kVarBinary: return 0;
    case TypeRoot::kBoolean:
    case TypeRoot::kTinyInt: return 1;
    case TypeRoot::kSmallInt: return 2;
    case TypeRoot::kInteger:
    case TypeRoot::kFloat: return 4;
    case TypeRoot::kBigInt:
    case TypeRoot::kDouble: return 8;
    default: return -1;
  }
}

struct RawOptions {
  LogicalType type;
  bool latin1 = false;  // Else UTF-8.
  bool big_endian = true;
};

// Copies a number's bytes, turned round where the option says so: memory is
// little-endian.
void CopyNumber(const char* from, char* to, int width, bool big_endian) {
  std::memcpy(to, from, width);
  if (big_endian) std::reverse(to, to + width);
}

std::string FromLatin1(absl::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      utf8.push_back(c);
    } else {
      utf8.push_back(static_cast<char>(0xC0 | byte >> 6));
      utf8.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return utf8;
}

// Characters that Latin-1 lacks become '?', as in Java.
std::string ToLatin1(absl::string_view text) {
  std::string latin1;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = static_cast<uint8_t>(text[i]);
    if (byte >> 6 == 2) continue;  // Inside a character seen already.
    const bool fits = (byte == 0xC2 || byte == 0xC3) && i + 1 < text.size();
    latin1.push_back(byte < 0x80 ? text[i]
                     : fits      ? static_cast<char>((byte & 3) << 6 |
                                                (text[i + 1] & 0x3F))
                                 : '?');
  }
  return latin1;
}

class RawDecoder final : public Decoder {
 public:
  RawDecoder(const RawOptions& options, size_t outputs)
      : options_(options),
        column_(options.type, kMaxBatchRows),
        outputs_(outputs) {}

  uint32_t Decode(const std::vector<RawRecord>& records, const ChunkRef& chunk,
                  std::vector<Rejection>& rejected) override {
    uint32_t done = 0;
    for (; done < records.size() && row_count_ < kMaxBatchRows; ++done) {
      const RawRecord& record = records[done];
      absl::Status status = DecodeRecord({record.data, record.size_bytes});
      if (status.ok()) {
        ++row_count_;
        row_records_.push_back(record_count_);
      } else {
        rejected.push_back({done, std::move(status)});
      }
      ++record_count_;
    }
    column_.Pin(chunk);
    return done;
  }
  const std::vector<uint32_t>& row_records() const override {
    return row_records_;
  }
  Batch TakeBatch() override {
    Batch batch = {.row_count = row_count_};
    batch.columns.assign(outputs_, column_.Take());
    row_count_ = 0;
    record_count_ = 0;
    row_records_.clear();
    return batch;
  }

 private:
  absl::Status DecodeRecord(absl::string_view record) {
    const int width = RawWidth(options_.type);
    if (width > 0) {
      if (record.size() != static_cast<size_t>(width)) {
        return UserError({.code = "SRC-0112",
                          .what = absl::StrCat("a record has ", record.size(),
                                               " bytes and ",
                                               options_.type.ToString(), " ",
                                               width)});
      }
      CopyNumber(record.data(), column_.data<char>() + row_count_ * width,
                 width, options_.big_endian);
      if (options_.type.Is(TypeRoot::kBoolean)) {
        column_.data<uint8_t>()[row_count_] &= 1;
      }
      column_.SetPresent(row_count_);
      return absl::OkStatus();
    }
    if (options_.type.IsCharacter() && options_.latin1) {
      column_.SetCopy(row_count_, FromLatin1(record));
      return absl::OkStatus();
    }
    if (options_.type.IsCharacter()) {
      if (const size_t bad = FirstInvalidUtf8(record); bad < record.size()) {
        return UserError({.code = "SRC-0102",
                          .what = "the record is not UTF-8",
                          .where = absl::StrCat("byte ", bad,
                                                " of the record")});
      }
    }
    column_.SetView(row_count_, record);
    return absl::OkStatus();
  }

  const RawOptions options_;
  ColumnBuilder column_;
  const size_t outputs_;
  uint32_t row_count_ = 0;
  uint32_t record_count_ = 0;
  std::vector<uint32_t> row_records_;
};

class RawEncoder final : public Encoder {
 public:
  explicit RawEncoder(const RawOptions& options) : options_(options) {}

  absl::Status Encode(const Batch& batch, std::string& out,
                      std::vector<uint32_t>& ends) override {
    const Vector& column = *batch.columns[0];
    const int width = RawWidth(options_.type);
    batch.selection().ForEach([&](uint32_t row) {
      row &= column.index_mask();
      if (column.IsNull(row)) {
        // NULL is a record without bytes.
      } else if (width > 0) {
        char bytes[8];
        CopyNumber(column.data<char>() + row * width, bytes, width,
                   options_.big_endian);
        out.append(bytes, width);
      } else {
        const absl::string_view text = column.data<StringView>()[row].view();
        if (options_.type.IsCharacter() && options_.latin1) {
          out.append(ToLatin1(text));
        } else {
          out.append(text.data(), text.size());
        }
      }
      ends.push_back(static_cast<uint32_t>(out.size()));
    });
    return absl::OkStatus();
  }

 private:
  const RawOptions options_;
};

class RawFormat final : public Format {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{
        {.key = "charset",
         .default_value = "UTF-8",
         .description = "How text is written: UTF-8, US-ASCII or ISO-8859-1"},
        {.key = "endianness",
         .default_value = "big-endian",
         .description = "How numbers are: big-endian or little-endian"}};
    return specs;
  }
  absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest& request,
      const SourceRequest& wanted) const override {
    ASSIGN_OR_RETURN(const RawOptions options, ReadOptions(request));
    return std::make_unique<RawDecoder>(options, wanted.columns.size());
  }
  absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest& request) const override {
    ASSIGN_OR_RETURN(const RawOptions options, ReadOptions(request));
    return std::make_unique<RawEncoder>(options);
  }

 private:
  absl::StatusOr<RawOptions> ReadOptions(const FormatRequest& request) const {
    RETURN_IF_ERROR(ValidateOptions("format 'raw'", request.options,
                                    options()));
    const OptionReader reader(request.options, options());
    if (request.columns.size() != 1 ||
        RawWidth(request.columns[0].type) < 0) {
      return UserError(
          {.code = "SQL-0906",
           .what = "the format raw takes exactly one physical column of type "
                   "BOOLEAN, an integer, FLOAT, DOUBLE, STRING or BYTES",
           .fix = "Declare one such column, or use json or csv"});
    }
    RawOptions options = {.type = request.columns[0].type};
    ASSIGN_OR_RETURN(
        const std::string charset,
        reader.OneOf("charset", {"UTF-8", "US-ASCII", "ISO-8859-1"}));
    options.latin1 = charset[0] == 'I';
    ASSIGN_OR_RETURN(
        const std::string endianness,
        reader.OneOf("endianness", {"big-endian", "little-endian"}));
    options.big_endian = endianness[0] == 'b';
    return options;
  }
};

}  // namespace

void RegisterRawFormat(ConnectorRegistry& registry) {
  registry.AddFormat("raw", std::make_unique<RawFormat>());
}

}  // namespace millrace
