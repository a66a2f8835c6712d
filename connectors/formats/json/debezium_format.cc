#include "connectors/formats/json/debezium_format.h"

#include <memory>
#include <utility>

#include "connectors/formats/json/debezium_decoder.h"
#include "connectors/formats/json/json_encoder.h"
#include "connectors/formats/json/json_options.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A row of a changelog as a change: +I and +U as op c, -U and -D as op d, as
// Flink writes them.
class DebeziumEncoder final : public Encoder {
 public:
  DebeziumEncoder(const JsonOptions& options, const FormatRequest& request)
      : writer_(options) {
    for (const TableColumn& column : request.columns) {
      fields_.push_back({column.name, column.type});
    }
  }

  absl::Status Encode(const Batch& batch, std::string& out,
                      std::vector<uint32_t>& ends) override {
    const Selection rows = batch.selection();
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const bool adds = Adds(batch.kind(rows[i]));
      out.append(adds ? "{\"before\":null,\"after\":" : "{\"before\":");
      RETURN_IF_ERROR(
          writer_.AppendObject(batch.columns, rows[i], fields_, out));
      out.append(adds ? ",\"op\":\"c\"}" : ",\"after\":null,\"op\":\"d\"}");
      ends.push_back(static_cast<uint32_t>(out.size()));
    }
    return absl::OkStatus();
  }

 private:
  JsonValueWriter writer_;
  std::vector<RowField> fields_;
};

class DebeziumFormat final : public Format {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *[] {
      auto* all = new std::vector<OptionSpec>(JsonOptionSpecs());
      all->push_back({.key = kSchemaInclude,
                      .default_value = "false",
                      .description = "true: the change lies in \"payload\", "
                                     "beside its schema"});
      return all;
    }();
    return specs;
  }
  ChangelogMode changelog_mode() const override {
    return ChangelogMode::kRetract;
  }
  absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest& request,
      const SourceRequest& wanted) const override {
    ASSIGN_OR_RETURN(const DebeziumDecoder::Options options,
                     ReadOptions(request));
    return std::make_unique<DebeziumDecoder>(options, request, wanted);
  }
  absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest& request) const override {
    ASSIGN_OR_RETURN(const DebeziumDecoder::Options options,
                     ReadOptions(request));
    if (options.schema_include) {
      return UserError({.code = "SQL-0906",
                        .what = "debezium-json does not write a schema",
                        .fix = "Leave 'debezium-json.schema-include' out"});
    }
    return std::make_unique<DebeziumEncoder>(options.json, request);
  }

 private:
  static constexpr char kSchemaInclude[] = "schema-include";

  absl::StatusOr<DebeziumDecoder::Options> ReadOptions(
      const FormatRequest& request) const {
    RETURN_IF_ERROR(ValidateOptions("format 'debezium-json'", request.options,
                                    options()));
    const OptionReader reader(request.options, options());
    DebeziumDecoder::Options read;
    ASSIGN_OR_RETURN(read.schema_include, reader.Bool(kSchemaInclude));
    TableOptions json = request.options;
    json.erase(kSchemaInclude);
    ASSIGN_OR_RETURN(read.json, ReadJsonOptions(json));
    return read;
  }
};

}  // namespace

void RegisterDebeziumJsonFormat(ConnectorRegistry& registry) {
  registry.AddFormat("debezium-json", std::make_unique<DebeziumFormat>());
}

}  // namespace millrace
