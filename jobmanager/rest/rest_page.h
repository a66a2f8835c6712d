#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "jobmanager/cluster/cluster_view.h"
#include "jobmanager/rest/rate_book.h"
#include "jobmanager/rest/rest_message.h"

namespace millrace {

// What the pages say about the process that serves them.
struct RestSettings {
  std::string version;
  std::string revision;
  absl::Duration refresh_interval = absl::Seconds(3);  // Flink's default.
  // The cluster's configuration, for people: values of secret keys are hidden
  // when they are shown.
  std::vector<std::pair<std::string, std::string>> config;
};

// What a page is made of. A page is a pure function of it, but for the rates.
struct PageContext {
  const ClusterView& view;
  const RestSettings& settings;
  const RestRequest& request;
  absl::Time now;
  // What stands in the path where its pattern has ":name", in order.
  std::vector<std::string> ids;
  // Where the pattern has ":jobid"; else null.
  const JobView* job = nullptr;
  RateBook* rates = nullptr;  // Not null in what RestApi calls.
};

using Page = RestResponse (*)(const PageContext&);

// A time as Flink's JSON has it: -1 where it never was, or is not yet.
int64_t RestMillis(absl::Time time);
// From `from` to `until`, or to `now` where that has not come; -1: not begun.
int64_t RestMillisBetween(absl::Time from, absl::Time until, absl::Time now);

}  // namespace millrace
