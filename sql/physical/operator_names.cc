#include "sql/physical/operator_names.h"

#include "absl/strings/str_cat.h"
#include "runtime/plan/upsert_calls.h"

namespace millrace::sql {
namespace {

std::string Names(const std::vector<int32_t>& columns, const Schema& input) {
  std::string text;
  for (int32_t column : columns) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", input[column].name);
  }
  return text;
}

std::string Duration(int64_t millis) {
  if (millis % 86'400'000 == 0) return absl::StrCat(millis / 86'400'000, " d");
  if (millis % 3'600'000 == 0) return absl::StrCat(millis / 3'600'000, " h");
  if (millis % 60'000 == 0) return absl::StrCat(millis / 60'000, " min");
  if (millis % 1000 == 0) return absl::StrCat(millis / 1000, " s");
  return absl::StrCat(millis, " ms");
}

std::string KeyTypes(const std::vector<int32_t>& keys, const Schema& input) {
  std::string text;
  for (int32_t key : keys) {
    absl::StrAppend(&text, input[key].type.AsNullable().ToString(), ",");
  }
  return text;
}

// Calls by types, not by names: a renamed column keeps its state.
std::string CallMeanings(const std::vector<AggregateCall>& calls) {
  std::string text;
  for (const AggregateCall& call : calls) {
    absl::StrAppend(&text, call.function, "(");
    for (const LogicalType& type : call.arg_types) {
      absl::StrAppend(&text, type.AsNullable().ToString(), ",");
    }
    absl::StrAppend(&text, ")", call.distinct ? "distinct" : "",
                    call.filter ? "filter" : "", ";");
  }
  return text;
}

}  // namespace

std::string WindowName(const WindowShape& window) {
  constexpr absl::string_view kNames[] = {"TUMBLE", "HOP", "CUMULATE"};
  std::string text = absl::StrCat(kNames[static_cast<int>(window.kind)],
                                  "(size ", Duration(window.size_ms));
  if (window.kind != WindowShape::Kind::kTumble) {
    absl::StrAppend(&text, ", step ", Duration(window.step_ms));
  }
  if (window.offset_ms != 0) {
    absl::StrAppend(&text, ", offset ", Duration(window.offset_ms));
  }
  return text + (window.event_time ? ")" : ", processing time)");
}

std::string AggregateName(const GroupAggregateSpec& spec,
                          const Schema& input) {
  if (TakesUpserts(spec.calls)) {
    return absl::StrCat("ChangelogNormalize(key=[", Names(spec.keys, input),
                        "])");
  }
  if (spec.calls.empty()) {
    return absl::StrCat("Distinct(", Names(spec.keys, input), ")");
  }
  return absl::StrCat("GroupAggregate(by [", Names(spec.keys, input), "])");
}

std::string WindowAggregateName(const WindowAggregateSpec& spec,
                                const Schema& input) {
  return absl::StrCat("WindowAggregate(", WindowName(spec.window), ", by [",
                      Names(spec.keys, input), "])");
}

std::string Meaning(const GroupAggregateSpec& spec, const Schema& input) {
  return absl::StrCat("group|", KeyTypes(spec.keys, input), "|",
                      CallMeanings(spec.calls),
                      spec.input_retracts ? "|retract" : "");
}

std::string Meaning(const WindowAggregateSpec& spec, const Schema& input) {
  const WindowShape& window = spec.window;
  return absl::StrCat("window|", static_cast<int>(window.kind), "|",
                      window.size_ms, "|", window.step_ms, "|",
                      window.offset_ms, "|", window.event_time, "|",
                      window.local_time ? window.time_zone : "", "|",
                      KeyTypes(spec.keys, input), "|",
                      CallMeanings(spec.calls));
}

}  // namespace millrace::sql
