#include "connectors/kafka/message_metadata.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

using Records = std::vector<FetchedRecord>;
using Rows = std::vector<uint32_t>;

absl::string_view TimestampTypeName(const FetchedRecord& record) {
  switch (record.time_kind) {
    case FetchedRecord::TimeKind::kCreated: return "CreateTime";
    case FetchedRecord::TimeKind::kAppended: return "LogAppendTime";
    case FetchedRecord::TimeKind::kNone: break;
  }
  return "NoTimestampType";
}

template <typename T, typename Of>
VectorRef Fill(PhysicalType physical, const Records& records,
               const Rows& rows, Of of) {
  auto out = std::make_shared<Vector>(physical, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    out->data<T>()[i] = of(records[rows[i]]);
  }
  return out;
}

template <typename Of>
VectorRef FillText(const Records& records, const Rows& rows, Of of) {
  auto out = std::make_shared<Vector>(PhysicalType::kString, rows.size());
  StringWriter writer;
  for (size_t i = 0; i < rows.size(); ++i) {
    out->data<StringView>()[i] = writer.Copy(of(records[rows[i]]));
  }
  out->AddChunks(writer.TakeChunks());
  return out;
}

// Whether the library's value can be given out as `type`: as it is, as a wider
// integer, as a local time instead of an instant.
bool Fits(const LogicalType& type, const TableColumn& known) {
  if (type.EqualsIgnoringNull(known.type)) return true;
  if (known.name == "partition") return type.Is(TypeRoot::kBigInt);
  return known.name == "timestamp" && type.IsTimestamp() &&
         type.precision() == 3;
}

VectorRef MakeHeaders(const Records& records, const Rows& rows) {
  const LogicalType type =
      LogicalType::Map(LogicalType::String(), LogicalType::Bytes());
  auto out = std::make_shared<Vector>(type, rows.size());
  StringWriter writer;
  std::vector<StringView> names, values;
  for (size_t i = 0; i < rows.size(); ++i) {
    ListEntry& entry = out->data<ListEntry>()[i];
    entry.offset = static_cast<uint32_t>(names.size());
    ForEachHeader(records[rows[i]], [&](absl::string_view name,
                                        absl::string_view value) {
      names.push_back(writer.Copy(name));
      values.push_back(writer.Copy(value));
    });
    entry.length = static_cast<uint32_t>(names.size()) - entry.offset;
  }
  const std::vector<ChunkRef> chunks = writer.TakeChunks();
  for (int child = 0; child < 2; ++child) {
    const auto& views = child == 0 ? names : values;
    auto column =
        std::make_shared<Vector>(PhysicalType::kString, views.size());
    std::copy(views.begin(), views.end(), column->data<StringView>());
    column->AddChunks(chunks);
    out->SetChild(child, std::move(column));
  }
  return out;
}

}  // namespace

const std::vector<TableColumn>& MetadataColumns() {
  static const auto* const columns = new std::vector<TableColumn>{
      {"topic", LogicalType::String().NotNull(), "topic", true},
      {"partition", LogicalType::Integer().NotNull(), "partition", true},
      {"headers",
       LogicalType::Map(LogicalType::String().NotNull(), LogicalType::Bytes())
           .NotNull(),
       "headers", true},
      {"offset", LogicalType::BigInt().NotNull(), "offset", true},
      {"timestamp", LogicalType::TimestampLtz(3).NotNull(), "timestamp"},
      {"timestamp-type", LogicalType::String().NotNull(), "timestamp-type",
       true}};
  return *columns;
}

absl::Status CheckMetadata(const TableDescriptor& table) {
  std::vector<std::string> keys;
  for (const TableColumn& known : MetadataColumns()) keys.push_back(known.name);
  for (const TableColumn& column : table.columns) {
    if (!column.metadata_key) continue;
    const auto found = std::find(keys.begin(), keys.end(),
                                 *column.metadata_key);
    if (found == keys.end()) {
      return UserError(
          {.code = "SQL-0315",
           .what = absl::StrCat("there is no metadata '", *column.metadata_key,
                                "'"),
           .where = absl::StrCat("connector 'kafka', column ", column.name),
           .why = "",
           .fix = absl::StrCat("It has ", absl::StrJoin(keys, ", "), ".")});
    }
    const TableColumn& known = MetadataColumns()[found - keys.begin()];
    if (!Fits(column.type, known)) {
      return UserError(
          {.code = "SQL-0315",
           .what = absl::StrCat("metadata '", known.name,
                                "' cannot be read as ",
                                column.type.ToString()),
           .where = absl::StrCat("connector 'kafka', column ", column.name),
           .why = "",
           .fix = absl::StrCat("Declare it as ",
                               known.type.AsNullable().ToString(), ".")});
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWrittenMetadata(const TableDescriptor& table) {
  for (const TableColumn& column : table.columns) {
    if (!column.metadata_key || column.is_virtual ||
        *column.metadata_key == "timestamp") {
      continue;
    }
    return UserError(
        {.code = "SQL-0316",
         .what = absl::StrCat("metadata '", *column.metadata_key,
                              "' cannot be written"),
         .where = absl::StrCat("connector 'kafka', table '", table.name,
                               "', column ", column.name),
         .why = "only 'timestamp' can",
         .fix = "Declare the column METADATA ... VIRTUAL."});
  }
  return absl::OkStatus();
}

int64_t ToLocalMillis(int64_t utc_ms, absl::TimeZone zone) {
  const int offset = zone.At(absl::FromUnixMillis(utc_ms)).offset;
  return utc_ms + int64_t{offset} * 1000;
}

int64_t ToUtcMillis(int64_t local_ms, absl::TimeZone zone) {
  const absl::CivilSecond civil =
      absl::ToCivilSecond(absl::FromUnixMillis(local_ms), absl::UTCTimeZone());
  const int64_t millis = ((local_ms % 1000) + 1000) % 1000;
  return absl::ToUnixMillis(absl::FromCivil(civil, zone)) + millis;
}

VectorRef MakeMetadata(absl::string_view key, const LogicalType& type,
                       absl::TimeZone zone, const Records& records,
                       const Rows& rows) {
  if (key == "topic") {
    return FillText(records, rows,
                    [](const FetchedRecord& record) { return record.topic; });
  }
  if (key == "timestamp-type") {
    return FillText(records, rows, TimestampTypeName);
  }
  if (key == "partition" && type.Is(TypeRoot::kBigInt)) {
    return Fill<int64_t>(
        PhysicalType::kInt64, records, rows,
        [](const FetchedRecord& record) { return record.partition; });
  }
  if (key == "partition") {
    return Fill<int32_t>(
        PhysicalType::kInt32, records, rows,
        [](const FetchedRecord& record) { return record.partition; });
  }
  if (key == "offset") {
    return Fill<int64_t>(
        PhysicalType::kInt64, records, rows,
        [](const FetchedRecord& record) { return record.offset; });
  }
  if (key == "timestamp" && type.Is(TypeRoot::kTimestamp) &&
      zone != absl::UTCTimeZone()) {
    return Fill<int64_t>(PhysicalType::kInt64, records, rows,
                         [zone](const FetchedRecord& record) {
                           return ToLocalMillis(record.time_ms, zone);
                         });
  }
  if (key == "timestamp") {
    return Fill<int64_t>(
        PhysicalType::kInt64, records, rows,
        [](const FetchedRecord& record) { return record.time_ms; });
  }
  MILLRACE_CHECK(key == "headers");
  return MakeHeaders(records, rows);
}

}  // namespace millrace::kafka
