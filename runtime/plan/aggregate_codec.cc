#include "runtime/plan/aggregate_codec.h"

#include <utility>

#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/plan/value_codec.h"

namespace millrace {
namespace {

// In the order of the enums' numbers.
constexpr absl::string_view kPhases[] = {"single", "local", "global"};
constexpr absl::string_view kModes[] = {"append", "upsert", "retract"};
constexpr absl::string_view kKinds[] = {"tumble", "hop", "cumulate"};
constexpr absl::string_view kProperties[] = {"start", "end", "time"};

template <typename Enum, size_t kCount>
Json Named(const absl::string_view (&names)[kCount], Enum value) {
  return std::string(names[static_cast<size_t>(value)]);
}

Json EncodeCall(const AggregateCall& call) {
  Json json = Json::object();
  json["function"] = call.function;
  json["args"] = call.args;
  json["arg_types"] = Json::array();
  for (const LogicalType& type : call.arg_types) {
    json["arg_types"].push_back(type.ToString());
  }
  json["distinct"] = call.distinct;
  if (call.filter) json["filter"] = *call.filter;
  json["result"] = call.result.ToString();
  return json;
}

absl::StatusOr<AggregateCall> DecodeCall(const Json& json,
                                         const std::string& path) {
  ObjectReader in(json, path);
  AggregateCall call;
  call.function = in.Text("function");
  call.args = in.Int32s("args");
  const std::vector<std::string> types = in.Texts("arg_types");
  call.distinct = in.Bool("distinct");
  if (in.Has("filter")) call.filter = in.Int32("filter");
  const std::string result = in.Text("result");
  RETURN_IF_ERROR(in.Finish());
  for (const std::string& text : types) {
    ASSIGN_OR_RETURN(LogicalType type,
                     DecodeType(text, in.PathOf("arg_types")));
    call.arg_types.push_back(std::move(type));
  }
  ASSIGN_OR_RETURN(call.result, DecodeType(result, in.PathOf("result")));
  return call;
}

void PutPlace(Json& json, const char* field,
              const std::optional<int32_t>& place) {
  if (place) json[field] = *place;
}

std::optional<int32_t> Place(ObjectReader& in, absl::string_view field) {
  if (!in.Has(field)) return std::nullopt;
  return in.Int32(field);
}

}  // namespace

Json EncodeCalls(const std::vector<AggregateCall>& calls) {
  Json array = Json::array();
  for (const AggregateCall& call : calls) array.push_back(EncodeCall(call));
  return array;
}

absl::StatusOr<std::vector<AggregateCall>> DecodeCalls(
    ObjectReader& in, absl::string_view field) {
  std::vector<AggregateCall> calls;
  const std::vector<const Json*> elements = in.Elements(field);
  for (size_t i = 0; i < elements.size(); ++i) {
    ASSIGN_OR_RETURN(AggregateCall call,
                     DecodeCall(*elements[i], in.PathOf(field, i)));
    calls.push_back(std::move(call));
  }
  return calls;
}

Json EncodeWindow(const WindowSpec& window) {
  Json json = Json::object();
  json["kind"] = Named(kKinds, window.kind);
  json["size_ms"] = window.size_ms;
  json["step_ms"] = window.step_ms;
  json["offset_ms"] = window.offset_ms;
  json["event_time"] = window.event_time;
  json["local_time"] = window.local_time;
  json["time_zone"] = window.time_zone;
  PutPlace(json, "time_column", window.time_column);
  PutPlace(json, "start_column", window.start_column);
  PutPlace(json, "end_column", window.end_column);
  return json;
}

absl::StatusOr<WindowSpec> DecodeWindow(const Json& json,
                                        const std::string& path) {
  ObjectReader in(json, path);
  WindowSpec window;
  window.kind = static_cast<WindowSpec::Kind>(in.OneOf("kind", kKinds));
  window.size_ms = in.Int("size_ms");
  window.step_ms = in.Int("step_ms");
  window.offset_ms = in.Int("offset_ms");
  window.event_time = in.Bool("event_time");
  window.local_time = in.Bool("local_time");
  window.time_zone = in.Text("time_zone");
  window.time_column = Place(in, "time_column");
  window.start_column = Place(in, "start_column");
  window.end_column = Place(in, "end_column");
  RETURN_IF_ERROR(in.Finish());
  return window;
}

Json EncodeProperties(const std::vector<WindowProperty>& properties) {
  Json array = Json::array();
  for (WindowProperty property : properties) {
    array.push_back(Named(kProperties, property));
  }
  return array;
}

std::vector<WindowProperty> DecodeProperties(ObjectReader& in,
                                             absl::string_view field) {
  std::vector<WindowProperty> properties;
  for (const std::string& text : in.Texts(field)) {
    size_t i = 0;
    while (i < std::size(kProperties) && kProperties[i] != text) ++i;
    if (i == std::size(kProperties)) {
      in.Fail(BadPlanText(in.PathOf(field), "expected start, end or time"));
      return {};
    }
    properties.push_back(static_cast<WindowProperty>(i));
  }
  return properties;
}

Json EncodePhase(AggregatePhase phase) { return Named(kPhases, phase); }

AggregatePhase DecodePhase(ObjectReader& in, absl::string_view field) {
  return static_cast<AggregatePhase>(in.OneOf(field, kPhases));
}

Json EncodeMode(ChangelogMode mode) { return Named(kModes, mode); }

ChangelogMode DecodeMode(ObjectReader& in, absl::string_view field) {
  return static_cast<ChangelogMode>(in.OneOf(field, kModes));
}

}  // namespace millrace
