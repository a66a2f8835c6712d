#include "connectors/formats/csv_format.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "connectors/formats/csv_decoder.h"
#include "connectors/formats/csv_encoder.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status CheckColumns(const FormatRequest& request) {
  for (const TableColumn& column : request.columns) {
    const LogicalType& type =
        column.type.Is(TypeRoot::kArray) ? column.type.element() : column.type;
    if (!type.IsNested()) continue;
    return UserError({.code = "SQL-0906",
                      .what = absl::StrCat("column ", column.name,
                                           " of type ", column.type.ToString(),
                                           " cannot be CSV"),
                      .why = "fields are scalars or arrays of scalars",
                      .fix = "Use the format json"});
  }
  return absl::OkStatus();
}

class CsvFormat final : public Format {
 public:
  const std::vector<OptionSpec>& options() const override {
    return CsvOptionSpecs();
  }
  char QuoteCharacter(const TableOptions& options) const override {
    const auto read = ReadCsvOptions(options);
    return read.ok() ? read->quote : 0;
  }
  absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest& request,
      const SourceRequest& wanted) const override {
    ASSIGN_OR_RETURN(const CsvOptions options, ReadCsvOptions(request.options));
    RETURN_IF_ERROR(CheckColumns(request));
    return std::make_unique<CsvDecoder>(options, request, wanted);
  }
  absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest& request) const override {
    ASSIGN_OR_RETURN(const CsvOptions options, ReadCsvOptions(request.options));
    RETURN_IF_ERROR(CheckColumns(request));
    return std::make_unique<CsvEncoder>(options, request);
  }
};

}  // namespace

void RegisterCsvFormat(ConnectorRegistry& registry) {
  registry.AddFormat("csv", std::make_unique<CsvFormat>());
}

}  // namespace millrace
