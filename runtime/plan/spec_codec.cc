#include "runtime/plan/spec_codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/plan/aggregate_codec.h"
#include "runtime/plan/expr_codec.h"
#include "runtime/plan/table_codec.h"
#include "runtime/plan/value_codec.h"

namespace millrace {
namespace {

using Fields = std::vector<RowField>;

// In the order of OperatorSpec's alternatives.
constexpr absl::string_view kKinds[] = {
    "source", "values", "calc", "window", "window_aggregate",
    "group_aggregate", "sink"};

// In the order of the enums' numbers.
constexpr absl::string_view kLengthEnforcers[] = {"ignore", "trim_pad",
                                                  "error"};
constexpr absl::string_view kNestedEnforcers[] = {"ignore", "rows",
                                                  "rows_and_collections"};

// Writes the fields of each spec behind "kind".
struct Encoder {
  Json& json;
  const Fields& output;

  void operator()(const SourceSpec& spec) {
    json["table"] = EncodeTable(spec.table);
    json["request"] = EncodeRequest(spec.request);
    json["columns"] = EncodeExprs(spec.columns);
    if (spec.watermark) {
      Json watermark = Json::object();
      watermark["watermark"] = EncodeExpr(spec.watermark->watermark);
      watermark["event_time_column"] = spec.watermark->event_time_column;
      watermark["idle_timeout_ms"] = spec.watermark->idle_timeout_ms;
      watermark["emit_interval_ms"] = spec.watermark->emit_interval_ms;
      json["watermark"] = std::move(watermark);
    }
    if (spec.filter) json["filter"] = EncodeExpr(*spec.filter);
    if (spec.rejected_into) {
      json["rejected_into"] = EncodeTable(*spec.rejected_into);
    }
  }

  void operator()(const ValuesSpec& spec) {
    json["rows"] = Json::array();
    for (const auto& row : spec.rows) {
      Json cells = Json::array();
      for (size_t i = 0; i < row.size(); ++i) {
        cells.push_back(EncodeValue(row[i], output[i].type));
      }
      json["rows"].push_back(std::move(cells));
    }
  }

  void operator()(const CalcSpec& spec) {
    if (spec.filter) json["filter"] = EncodeExpr(*spec.filter);
    json["projection"] = EncodeExprs(spec.projection);
  }

  void operator()(const WindowAssignSpec& spec) {
    json["window"] = EncodeWindow(spec.window);
    json["properties"] = EncodeProperties(spec.properties);
  }

  void operator()(const WindowAggregateSpec& spec) {
    json["window"] = EncodeWindow(spec.window);
    json["keys"] = spec.keys;
    json["calls"] = EncodeCalls(spec.calls);
    json["properties"] = EncodeProperties(spec.properties);
    json["phase"] = EncodePhase(spec.phase);
  }

  void operator()(const GroupAggregateSpec& spec) {
    json["keys"] = spec.keys;
    json["calls"] = EncodeCalls(spec.calls);
    json["input_retracts"] = spec.input_retracts;
    json["emit_update_before"] = spec.emit_update_before;
    json["state_ttl_ms"] = spec.state_ttl_ms;
    json["phase"] = EncodePhase(spec.phase);
  }

  void operator()(const SinkSpec& spec) {
    json["table"] = EncodeTable(spec.table);
    json["input_mode"] = EncodeMode(spec.input_mode);
    json["upsert_key"] = spec.upsert_key;
    json["update_before_deletes"] = spec.update_before_deletes;
    json["drop_null_violations"] = spec.drop_null_violations;
    if (spec.length_enforcer != LengthEnforcer::kIgnore) {
      json["length_enforcer"] = std::string(
          kLengthEnforcers[static_cast<size_t>(spec.length_enforcer)]);
    }
    if (spec.nested_enforcer != NestedEnforcer::kIgnore) {
      json["nested_enforcer"] = std::string(
          kNestedEnforcers[static_cast<size_t>(spec.nested_enforcer)]);
    }
    if (spec.rejected_into) {
      json["rejected_into"] = EncodeTable(*spec.rejected_into);
    }
  }
};

absl::StatusOr<std::optional<Expr>> OptionalExpr(ObjectReader& in,
                                                 absl::string_view field) {
  if (!in.Has(field)) return std::optional<Expr>();
  ASSIGN_OR_RETURN(Expr expr, DecodeExpr(*in.Child(field), in.PathOf(field)));
  return std::optional<Expr>(std::move(expr));
}

absl::StatusOr<WindowSpec> WindowField(ObjectReader& in) {
  const Json* window = in.Child("window");
  if (window == nullptr) return in.Finish();
  return DecodeWindow(*window, in.PathOf("window"));
}

absl::StatusOr<TableDescriptor> TableField(ObjectReader& in) {
  const Json* table = in.Child("table");
  if (table == nullptr) return in.Finish();
  return DecodeTable(*table, in.PathOf("table"));
}

absl::StatusOr<std::optional<TableDescriptor>> RejectedInto(
    ObjectReader& in) {
  if (!in.Has("rejected_into")) return std::optional<TableDescriptor>();
  ASSIGN_OR_RETURN(TableDescriptor table,
                   DecodeTable(*in.Child("rejected_into"),
                               in.PathOf("rejected_into")));
  return std::optional<TableDescriptor>(std::move(table));
}

absl::StatusOr<WatermarkSpec> DecodeWatermark(const Json& json,
                                              const std::string& path) {
  ObjectReader in(json, path);
  WatermarkSpec spec;
  const Json* expr = in.Child("watermark");
  if (expr != nullptr) {
    ASSIGN_OR_RETURN(spec.watermark,
                     DecodeExpr(*expr, in.PathOf("watermark")));
  }
  spec.event_time_column = in.Int32("event_time_column");
  spec.idle_timeout_ms = in.Int("idle_timeout_ms");
  spec.emit_interval_ms = in.Int("emit_interval_ms");
  RETURN_IF_ERROR(in.Finish());
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeSource(ObjectReader& in) {
  SourceSpec spec;
  ASSIGN_OR_RETURN(spec.table, TableField(in));
  if (const Json* request = in.Child("request")) {
    ASSIGN_OR_RETURN(spec.request,
                     DecodeRequest(*request, in.PathOf("request")));
  }
  ASSIGN_OR_RETURN(spec.columns, DecodeExprs(in, "columns"));
  if (in.Has("watermark")) {
    ASSIGN_OR_RETURN(spec.watermark,
                     DecodeWatermark(*in.Child("watermark"),
                                     in.PathOf("watermark")));
  }
  ASSIGN_OR_RETURN(spec.filter, OptionalExpr(in, "filter"));
  ASSIGN_OR_RETURN(spec.rejected_into, RejectedInto(in));
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeValues(ObjectReader& in,
                                          const Fields& output) {
  ValuesSpec spec;
  const std::vector<const Json*> rows = in.Elements("rows");
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string path = in.PathOf("rows", i);
    if (!rows[i]->is_array() || rows[i]->size() != output.size()) {
      return BadPlanText(path, absl::StrCat("expected ", output.size(),
                                            " values"));
    }
    auto& row = spec.rows.emplace_back();
    for (size_t cell = 0; cell < output.size(); ++cell) {
      ASSIGN_OR_RETURN(Value value,
                       DecodeValue((*rows[i])[cell], output[cell].type, path));
      row.push_back(std::move(value));
    }
  }
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeCalc(ObjectReader& in) {
  CalcSpec spec;
  ASSIGN_OR_RETURN(spec.filter, OptionalExpr(in, "filter"));
  ASSIGN_OR_RETURN(spec.projection, DecodeExprs(in, "projection"));
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeWindowAssign(ObjectReader& in) {
  WindowAssignSpec spec;
  ASSIGN_OR_RETURN(spec.window, WindowField(in));
  spec.properties = DecodeProperties(in, "properties");
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeWindowAggregate(ObjectReader& in) {
  WindowAggregateSpec spec;
  ASSIGN_OR_RETURN(spec.window, WindowField(in));
  spec.keys = in.Int32s("keys");
  ASSIGN_OR_RETURN(spec.calls, DecodeCalls(in, "calls"));
  spec.properties = DecodeProperties(in, "properties");
  spec.phase = DecodePhase(in, "phase");
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeGroupAggregate(ObjectReader& in) {
  GroupAggregateSpec spec;
  spec.keys = in.Int32s("keys");
  ASSIGN_OR_RETURN(spec.calls, DecodeCalls(in, "calls"));
  spec.input_retracts = in.Bool("input_retracts");
  spec.emit_update_before = in.Bool("emit_update_before");
  spec.state_ttl_ms = in.Int("state_ttl_ms");
  spec.phase = DecodePhase(in, "phase");
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeSink(ObjectReader& in) {
  SinkSpec spec;
  ASSIGN_OR_RETURN(spec.table, TableField(in));
  spec.input_mode = DecodeMode(in, "input_mode");
  spec.upsert_key = in.Int32s("upsert_key");
  spec.update_before_deletes = in.Bool("update_before_deletes");
  spec.drop_null_violations = in.Bool("drop_null_violations");
  if (in.Has("length_enforcer")) {
    spec.length_enforcer = static_cast<LengthEnforcer>(
        in.OneOf("length_enforcer", kLengthEnforcers));
  }
  if (in.Has("nested_enforcer")) {
    spec.nested_enforcer = static_cast<NestedEnforcer>(
        in.OneOf("nested_enforcer", kNestedEnforcers));
  }
  ASSIGN_OR_RETURN(spec.rejected_into, RejectedInto(in));
  return spec;
}

absl::StatusOr<OperatorSpec> DecodeKind(ObjectReader& in, int kind,
                                        const Fields& output) {
  switch (kind) {
    case 0: return DecodeSource(in);
    case 1: return DecodeValues(in, output);
    case 2: return DecodeCalc(in);
    case 3: return DecodeWindowAssign(in);
    case 4: return DecodeWindowAggregate(in);
    case 5: return DecodeGroupAggregate(in);
    default: return DecodeSink(in);
  }
}

}  // namespace

Json EncodeSpec(const OperatorSpec& spec,
                const std::vector<RowField>& output) {
  Json json = Json::object();
  json["kind"] = std::string(kKinds[spec.index()]);
  std::visit(Encoder{json, output}, spec);
  return json;
}

absl::StatusOr<OperatorSpec> DecodeSpec(const Json& json,
                                        const std::vector<RowField>& output,
                                        const std::string& path) {
  ObjectReader in(json, path);
  const int kind = in.OneOf("kind", kKinds);
  if (!in.ok()) return in.Finish();
  ASSIGN_OR_RETURN(OperatorSpec spec, DecodeKind(in, kind, output));
  RETURN_IF_ERROR(in.Finish());
  return spec;
}

}  // namespace millrace
