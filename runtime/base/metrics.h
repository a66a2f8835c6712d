#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace millrace {

// A number that grows. Added to by one thread, read by any.
class Counter {
 public:
  void Add(int64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount,
                 std::memory_order_relaxed);
  }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// A number that is set. Written by one thread, read by any.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Label names and values, in order.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// The metrics of one scope: a process, a job, a subtask, an operator. Names are
// Flink's in camelCase ("numRecordsIn"); the registry prints them with the
// scope's prefix as Flink's Prometheus reporter does. Registering is
// thread-safe; what it returns lives as long as the group.
class MetricGroup {
 public:
  // `prefix` is the scope as Flink prints it: "flink_taskmanager_job_task".
  MetricGroup(std::string prefix, MetricLabels labels)
      : prefix_(std::move(prefix)), labels_(std::move(labels)) {}

  Counter* AddCounter(absl::string_view name, absl::string_view help);
  Gauge* AddGauge(absl::string_view name, absl::string_view help);
  // Read when asked, on the reader's thread: `read` must be thread-safe and
  // outlive the group.
  void AddReading(absl::string_view name, absl::string_view help,
                  std::function<double()> read);

  // One printed number.
  struct Sample {
    std::string name;  // Prefix included.
    std::string help;
    MetricLabels labels;
    double value;
  };
  // Every number of this group now.
  std::vector<Sample> Read() const;

 private:
  template <typename T>
  struct Entry {
    std::string name;
    std::string help;
    T metric;
  };
  struct Reading {
    std::string name;
    std::string help;
    std::function<double()> read;
  };

  const std::string prefix_;
  const MetricLabels labels_;
  mutable absl::Mutex mutex_;
  std::deque<Entry<Counter>> counters_ ABSL_GUARDED_BY(mutex_);
  std::deque<Entry<Gauge>> gauges_ ABSL_GUARDED_BY(mutex_);
  std::vector<Reading> readings_ ABSL_GUARDED_BY(mutex_);
};

// Every group of a process. Thread-safe.
class MetricRegistry {
 public:
  // The group lives until the last holder drops it; the registry keeps it only
  // while somebody does.
  std::shared_ptr<MetricGroup> AddGroup(std::string prefix,
                                        MetricLabels labels);
  std::vector<MetricGroup::Sample> Read() const;

 private:
  mutable absl::Mutex mutex_;
  mutable std::vector<std::weak_ptr<MetricGroup>> groups_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
