#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// Metrics as Flink's pages give them: the names alone, or, where some were
// asked for, those with their values, which are texts.
class MetricList {
 public:
  void Add(std::string id, int64_t value);
  void Add(std::string id, std::string value);

  // `get` is the query's: names with commas between them; empty: what is there.
  // Names that are not there are left out.
  std::string Json(absl::string_view get) const;

 private:
  std::vector<std::pair<std::string, std::string>> metrics_;
};

// One metric of many subtasks.
class SpreadMetricList {
 public:
  void Add(absl::string_view id, double value);

  // `get` as above; `agg`: which of min, max, avg, sum, skew; empty: all.
  std::string Json(absl::string_view get, absl::string_view agg) const;

 private:
  std::vector<std::pair<std::string, std::vector<double>>> metrics_;
};

// A name as metric ids have it: other than letters, digits and '_' become '_'.
std::string MetricName(absl::string_view name);

}  // namespace millrace
