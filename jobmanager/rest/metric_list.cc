#include "jobmanager/rest/metric_list.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "jobmanager/rest/json_writer.h"

namespace millrace {
namespace {

using Names = std::vector<absl::string_view>;

Names NamesOf(absl::string_view list) {
  return absl::StrSplit(list, ',', absl::SkipEmpty());
}

bool Has(const Names& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Metrics>
std::string JustNames(const Metrics& metrics) {
  JsonWriter out;
  out.BeginArray();
  for (const auto& metric : metrics) {
    out.BeginObject().Field("id", metric.first).EndObject();
  }
  return out.EndArray().Take();
}

// How unequal the values are, in per cent: the mean distance from the mean, as
// a part of the mean.
double Skew(const std::vector<double>& values, double average) {
  if (average == 0) return 0;
  double distance = 0;
  for (const double value : values) distance += std::abs(value - average);
  return 100 * distance / static_cast<double>(values.size()) /
         std::abs(average);
}

}  // namespace

void MetricList::Add(std::string id, int64_t value) {
  Add(std::move(id), absl::StrCat(value));
}

void MetricList::Add(std::string id, std::string value) {
  metrics_.emplace_back(std::move(id), std::move(value));
}

std::string MetricList::Json(absl::string_view get) const {
  if (get.empty()) return JustNames(metrics_);
  const Names wanted = NamesOf(get);
  JsonWriter out;
  out.BeginArray();
  for (const auto& [id, value] : metrics_) {
    if (!Has(wanted, id)) continue;
    out.BeginObject().Field("id", id).Field("value", value).EndObject();
  }
  return out.EndArray().Take();
}

void SpreadMetricList::Add(absl::string_view id, double value) {
  for (auto& [known, values] : metrics_) {
    if (known != id) continue;
    values.push_back(value);
    return;
  }
  metrics_.emplace_back(std::string(id), std::vector<double>{value});
}

std::string SpreadMetricList::Json(absl::string_view get,
                                   absl::string_view agg) const {
  if (get.empty()) return JustNames(metrics_);
  const Names wanted = NamesOf(get);
  const Names shown = NamesOf(agg.empty() ? "min,max,avg,sum,skew" : agg);
  JsonWriter out;
  out.BeginArray();
  for (const auto& [id, values] : metrics_) {
    if (!Has(wanted, id)) continue;
    const auto [least, most] =
        std::minmax_element(values.begin(), values.end());
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    const double average = sum / static_cast<double>(values.size());
    out.BeginObject().Field("id", id);
    if (Has(shown, "min")) out.Field("min", *least);
    if (Has(shown, "max")) out.Field("max", *most);
    if (Has(shown, "avg")) out.Field("avg", average);
    if (Has(shown, "sum")) out.Field("sum", sum);
    if (Has(shown, "skew")) out.Field("skew", Skew(values, average));
    out.EndObject();
  }
  return out.EndArray().Take();
}

std::string MetricName(absl::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return result;
}

}  // namespace millrace
