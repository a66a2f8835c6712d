#include "runtime/plan/plan_codec.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/plan/aggregate_codec.h"
#include "runtime/plan/object_reader.h"
#include "runtime/plan/spec_codec.h"
#include "runtime/plan/table_codec.h"

// A plan's text, version 1:
//
//   version          1
//   name             the job's
//   max_parallelism  key groups
//   time_zone        of local times
//   config           {key: value}
//   vertices         [{id, uid, fingerprint (16 hex digits), name,
//                      parallelism, output [{name, type}], output_mode,
//                      upsert_key, spec (spec_codec.h)}]
//   edges            [{from, to, input, exchange, keys}]
//   rejected_into    a table (table_codec.h), where there is one

namespace millrace {
namespace {

constexpr absl::string_view kExchanges[] = {"forward", "hash", "rebalance",
                                            "broadcast", "global"};

Json EncodeVertex(const Vertex& vertex) {
  Json json = Json::object();
  json["id"] = vertex.id.value();
  json["uid"] = vertex.uid;
  json["fingerprint"] = absl::StrFormat("%016x", vertex.fingerprint);
  json["name"] = vertex.name;
  json["parallelism"] = vertex.parallelism;
  json["output"] = EncodeFields(vertex.output);
  json["output_mode"] = EncodeMode(vertex.output_mode);
  json["upsert_key"] = vertex.upsert_key;
  json["spec"] = EncodeSpec(vertex.spec, vertex.output);
  return json;
}

absl::StatusOr<Vertex> DecodeVertex(const Json& json,
                                    const std::string& path) {
  ObjectReader in(json, path);
  Vertex vertex;
  vertex.id = VertexId(in.Int32("id"));
  vertex.uid = in.Text("uid");
  const std::string fingerprint = in.Text("fingerprint");
  if (in.ok() && (fingerprint.size() != 16 ||
                  !absl::SimpleHexAtoi(fingerprint, &vertex.fingerprint))) {
    return BadPlanText(in.PathOf("fingerprint"),
                       "expected 16 hexadecimal digits");
  }
  vertex.name = in.Text("name");
  vertex.parallelism = in.Int32("parallelism");
  ASSIGN_OR_RETURN(vertex.output, DecodeFields(in, "output"));
  vertex.output_mode = DecodeMode(in, "output_mode");
  vertex.upsert_key = in.Int32s("upsert_key");
  if (const Json* spec = in.Child("spec")) {
    ASSIGN_OR_RETURN(vertex.spec,
                     DecodeSpec(*spec, vertex.output, in.PathOf("spec")));
  }
  RETURN_IF_ERROR(in.Finish());
  return vertex;
}

Json EncodeEdge(const Edge& edge) {
  Json json = Json::object();
  json["from"] = edge.from.value();
  json["to"] = edge.to.value();
  json["input"] = edge.input;
  json["exchange"] =
      std::string(kExchanges[static_cast<int>(edge.exchange)]);
  json["keys"] = edge.keys;
  return json;
}

absl::StatusOr<Edge> DecodeEdge(const Json& json, const std::string& path) {
  ObjectReader in(json, path);
  Edge edge;
  edge.from = VertexId(in.Int32("from"));
  edge.to = VertexId(in.Int32("to"));
  edge.input = in.Int32("input");
  edge.exchange = static_cast<ExchangeKind>(in.OneOf("exchange", kExchanges));
  edge.keys = in.Int32s("keys");
  RETURN_IF_ERROR(in.Finish());
  return edge;
}

absl::StatusOr<JobPlan> DecodePlan(const Json& json) {
  ObjectReader in(json, "");
  const int64_t version = in.Int("version");
  if (in.ok() && version != JobPlan::kVersion) {
    return BadPlanText("version",
                       absl::StrCat("it is of version ", version, ", and this "
                                    "program reads version ",
                                    JobPlan::kVersion));
  }
  JobPlan plan;
  plan.name = in.Text("name");
  plan.max_parallelism = in.Int32("max_parallelism");
  plan.time_zone = in.Text("time_zone");
  ASSIGN_OR_RETURN(plan.config, DecodeTexts(in, "config"));
  if (in.Has("rejected_into")) {
    ASSIGN_OR_RETURN(plan.rejected_into,
                     DecodeTable(*in.Child("rejected_into"),
                                 in.PathOf("rejected_into")));
  }
  const std::vector<const Json*> vertices = in.Elements("vertices");
  for (size_t i = 0; i < vertices.size(); ++i) {
    ASSIGN_OR_RETURN(Vertex vertex,
                     DecodeVertex(*vertices[i], in.PathOf("vertices", i)));
    plan.vertices.push_back(std::move(vertex));
  }
  const std::vector<const Json*> edges = in.Elements("edges");
  for (size_t i = 0; i < edges.size(); ++i) {
    ASSIGN_OR_RETURN(Edge edge, DecodeEdge(*edges[i], in.PathOf("edges", i)));
    plan.edges.push_back(std::move(edge));
  }
  RETURN_IF_ERROR(in.Finish());
  return plan;
}

}  // namespace

std::string ToJson(const JobPlan& plan) {
  Json json = Json::object();
  json["version"] = JobPlan::kVersion;
  json["name"] = plan.name;
  json["max_parallelism"] = plan.max_parallelism;
  json["time_zone"] = plan.time_zone;
  json["config"] = Json::object();
  for (const auto& [key, value] : plan.config) json["config"][key] = value;
  json["vertices"] = Json::array();
  for (const Vertex& vertex : plan.vertices) {
    json["vertices"].push_back(EncodeVertex(vertex));
  }
  json["edges"] = Json::array();
  for (const Edge& edge : plan.edges) {
    json["edges"].push_back(EncodeEdge(edge));
  }
  if (plan.rejected_into) {
    json["rejected_into"] = EncodeTable(*plan.rejected_into);
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<JobPlan> JobPlanFromJson(absl::string_view text) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded()) {
    return BadPlanText("", "it is no JSON, or it is cut off");
  }
  ASSIGN_OR_RETURN(JobPlan plan, DecodePlan(json));
  RETURN_IF_ERROR(ValidateJobPlan(plan));
  return plan;
}

}  // namespace millrace
