#include "connectors/formats/json/json_format.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "connectors/formats/json/json_decoder.h"
#include "connectors/formats/json/json_encoder.h"
#include "connectors/formats/json/json_options.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// The keys of a JSON object are strings.
absl::Status CheckMapKeys(absl::string_view column, const LogicalType& type) {
  if (!type.IsNested()) return absl::OkStatus();
  if ((type.Is(TypeRoot::kMap) && !type.key().IsCharacter()) ||
      (type.Is(TypeRoot::kMultiset) && !type.element().IsCharacter())) {
    return UserError(
        {.code = "SQL-0906",
         .what = absl::StrCat("column ", column, " of type ", type.ToString(),
                              " cannot be JSON"),
         .why = "the keys of a JSON object are strings",
         .fix = "Declare the key as STRING"});
  }
  for (const RowField& field : type.fields()) {
    RETURN_IF_ERROR(CheckMapKeys(column, field.type));
  }
  return absl::OkStatus();
}

absl::Status CheckColumns(const FormatRequest& request) {
  for (const TableColumn& column : request.columns) {
    RETURN_IF_ERROR(CheckMapKeys(column.name, column.type));
  }
  return absl::OkStatus();
}

class JsonFormat final : public Format {
 public:
  const std::vector<OptionSpec>& options() const override {
    return JsonOptionSpecs();
  }

  absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest& request,
      const SourceRequest& wanted) const override {
    ASSIGN_OR_RETURN(const JsonOptions options,
                     ReadJsonOptions(request.options));
    RETURN_IF_ERROR(CheckColumns(request));
    return std::make_unique<JsonDecoder>(options, request, wanted);
  }

  absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest& request) const override {
    ASSIGN_OR_RETURN(const JsonOptions options,
                     ReadJsonOptions(request.options));
    RETURN_IF_ERROR(CheckColumns(request));
    return std::make_unique<JsonEncoder>(options, request);
  }
};

}  // namespace

void RegisterJsonFormat(ConnectorRegistry& registry) {
  registry.AddFormat("json", std::make_unique<JsonFormat>());
}

}  // namespace millrace
