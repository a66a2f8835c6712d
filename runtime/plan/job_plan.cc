#include "runtime/plan/job_plan.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/spec_validator.h"

namespace millrace {
namespace {

absl::Status Wrong(std::string where, std::string what) {
  return UserError({.code = "JOB-0010",
                    .what = std::move(what),
                    .where = std::move(where),
                    .why = {},
                    .fix = {}});
}

absl::Status ValidateVertex(const JobPlan& plan, size_t index,
                            std::set<std::string>& uids) {
  const Vertex& vertex = plan.vertices[index];
  const std::string where = absl::StrCat("vertices[", index, "]");
  if (vertex.id.value() != static_cast<int32_t>(index)) {
    return Wrong(where + ".id", absl::StrCat("vertex ", index, " has id ",
                                             vertex.id.value()));
  }
  if (vertex.uid.empty() || !uids.insert(vertex.uid).second) {
    return Wrong(where + ".uid",
                 absl::StrCat("uid '", vertex.uid, "' is empty or taken"));
  }
  if (vertex.parallelism < 1 || vertex.parallelism > plan.max_parallelism) {
    return Wrong(where + ".parallelism",
                 absl::StrCat("parallelism ", vertex.parallelism,
                              " is not in [1, ", plan.max_parallelism, "]"));
  }
  for (int32_t key : vertex.upsert_key) {
    if (key < 0 || key >= static_cast<int32_t>(vertex.output.size())) {
      return Wrong(where + ".upsert_key",
                   absl::StrCat("there is no column ", key));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateEdge(const JobPlan& plan, size_t index) {
  const Edge& edge = plan.edges[index];
  const std::string where = absl::StrCat("edges[", index, "]");
  const auto count = static_cast<int32_t>(plan.vertices.size());
  if (edge.from.value() < 0 || edge.to.value() >= count ||
      edge.from >= edge.to) {
    return Wrong(where, absl::StrCat("an edge from vertex ",
                                     edge.from.value(), " to ",
                                     edge.to.value()));
  }
  const Vertex& from = plan.vertex(edge.from);
  const Vertex& to = plan.vertex(edge.to);
  if (edge.input != 0) {
    return Wrong(where + ".input",
                 absl::StrCat("vertex ", edge.to.value(), " has no input ",
                              edge.input));
  }
  if (edge.exchange == ExchangeKind::kForward &&
      from.parallelism != to.parallelism) {
    return Wrong(where + ".exchange",
                 absl::StrCat("forward from parallelism ", from.parallelism,
                              " to ", to.parallelism));
  }
  if (edge.exchange == ExchangeKind::kHash && edge.keys.empty()) {
    return Wrong(where + ".keys", "a hash exchange without keys");
  }
  for (int32_t key : edge.keys) {
    if (key < 0 || key >= static_cast<int32_t>(from.output.size())) {
      return Wrong(where + ".keys", absl::StrCat("there is no column ", key));
    }
  }
  return absl::OkStatus();
}

// The rows that come into a vertex: all its edges must agree on them.
absl::StatusOr<const Vertex*> InputOf(const JobPlan& plan, size_t index) {
  const Vertex* input = nullptr;
  for (const Edge& edge : plan.edges) {
    if (edge.to.value() != static_cast<int32_t>(index)) continue;
    const Vertex& from = plan.vertex(edge.from);
    if (input == nullptr) input = &from;
    bool same = from.output.size() == input->output.size();
    for (size_t i = 0; same && i < from.output.size(); ++i) {
      same = from.output[i].type.EqualsIgnoringNull(input->output[i].type);
    }
    if (!same) {
      return Wrong(absl::StrCat("vertices[", index, "]"),
                   "its inputs have different columns");
    }
  }
  return input;
}

}  // namespace

absl::Status ValidateJobPlan(const JobPlan& plan) {
  if (plan.max_parallelism < 1 || plan.max_parallelism > 32768) {
    return Wrong("max_parallelism",
                 absl::StrCat(plan.max_parallelism, " key groups"));
  }
  if (plan.vertices.empty()) return Wrong("vertices", "a job of nothing");
  std::set<std::string> uids;
  for (size_t i = 0; i < plan.vertices.size(); ++i) {
    RETURN_IF_ERROR(ValidateVertex(plan, i, uids));
  }
  for (size_t i = 0; i < plan.edges.size(); ++i) {
    RETURN_IF_ERROR(ValidateEdge(plan, i));
  }
  for (size_t i = 0; i < plan.vertices.size(); ++i) {
    ASSIGN_OR_RETURN(const Vertex* input, InputOf(plan, i));
    RETURN_IF_ERROR(ValidateSpec(
        {.vertex = &plan.vertices[i],
         .input = input == nullptr ? nullptr : &input->output,
         .where = absl::StrCat("vertices[", i, "]")}));
  }
  return absl::OkStatus();
}

}  // namespace millrace
