#include "runtime/base/metrics.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

namespace {

// A reading may have labels of its own, behind its name: a bucket of a
// histogram is "x_bucket{le=0.1}", an offset "x{topic=t,partition=0}".
std::pair<std::string, MetricLabels> SplitName(absl::string_view name) {
  const size_t brace = name.find('{');
  MetricLabels labels;
  if (brace == absl::string_view::npos) return {std::string(name), labels};
  const absl::string_view list =
      name.substr(brace + 1, name.size() - brace - 2);
  for (const absl::string_view label : absl::StrSplit(list, ',')) {
    labels.push_back(absl::StrSplit(label, absl::MaxSplits('=', 1)));
  }
  return {std::string(name.substr(0, brace)), std::move(labels)};
}

}  // namespace

Counter* MetricGroup::AddCounter(absl::string_view name,
                                 absl::string_view help) {
  VisibleMutexLock lock(&mutex_);
  auto& entry = counters_.emplace_back();
  entry.name = std::string(name);
  entry.help = std::string(help);
  return &entry.metric;
}

Gauge* MetricGroup::AddGauge(absl::string_view name, absl::string_view help) {
  VisibleMutexLock lock(&mutex_);
  auto& entry = gauges_.emplace_back();
  entry.name = std::string(name);
  entry.help = std::string(help);
  return &entry.metric;
}

void MetricGroup::AddReading(absl::string_view name, absl::string_view help,
                             std::function<double()> read) {
  VisibleMutexLock lock(&mutex_);
  readings_.push_back({std::string(name), std::string(help), std::move(read)});
}

std::vector<MetricGroup::Sample> MetricGroup::Read() const {
  VisibleMutexLock lock(&mutex_);
  std::vector<Sample> samples;
  const auto add = [&](const std::string& name, const std::string& help,
                       MetricLabels labels, double value) {
    samples.push_back({absl::StrCat(prefix_, "_", name), help,
                       std::move(labels), value});
  };
  for (const auto& entry : counters_) {
    add(entry.name, entry.help, labels_, entry.metric.value());
  }
  for (const auto& entry : gauges_) {
    add(entry.name, entry.help, labels_, entry.metric.value());
  }
  for (const auto& reading : readings_) {
    const auto [name, own] = SplitName(reading.name);
    MetricLabels labels = labels_;
    labels.insert(labels.end(), own.begin(), own.end());
    add(name, reading.help, std::move(labels), reading.read());
  }
  return samples;
}

std::shared_ptr<MetricGroup> MetricRegistry::AddGroup(std::string prefix,
                                                      MetricLabels labels) {
  auto group =
      std::make_shared<MetricGroup>(std::move(prefix), std::move(labels));
  VisibleMutexLock lock(&mutex_);
  groups_.push_back(group);
  return group;
}

std::vector<MetricGroup::Sample> MetricRegistry::Read() const {
  std::vector<std::shared_ptr<MetricGroup>> alive;
  {
    VisibleMutexLock lock(&mutex_);
    std::erase_if(groups_, [&](const std::weak_ptr<MetricGroup>& weak) {
      auto group = weak.lock();
      if (group != nullptr) alive.push_back(std::move(group));
      return weak.expired();
    });
  }
  std::vector<MetricGroup::Sample> samples;
  for (const auto& group : alive) {
    for (auto& sample : group->Read()) samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace millrace
