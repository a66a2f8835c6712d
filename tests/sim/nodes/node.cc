#include "tests/sim/nodes/node.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace::sim {
namespace {

// How much faster or slower one machine's clock may run: no two differ by the
// quarter that an election allows for.
constexpr double kMostDrift = 0.08;
constexpr int64_t kMostUptimeNanos = 1'000'000'000'000;

ProcessClock::Options ClockOf(Rng& rng) {
  return {.rate = 1 + kMostDrift * (2 * rng.Unit() - 1),
          .began_nanos = static_cast<int64_t>(rng.Below(kMostUptimeNanos)),
          .wall_error = absl::Milliseconds(
              static_cast<int64_t>(rng.Below(20'000)) - 10'000)};
}

}  // namespace

Node::Node(const Site* site, std::string host, int64_t life)
    : site_(*site),
      host_(std::move(host)),
      life_(life),
      process_(std::make_shared<Process>(
          Process{.name = absl::StrCat(host_, "/", life)})),
      clock_(&site_.scheduler->clock(), ClockOf(site_.scheduler->rng())),
      threads_(site_.scheduler, process_, &clock_),
      network_(site_.wire->NetworkOf(process_, host_)) {}

absl::Status Node::OpenStores() {
  ASSIGN_OR_RETURN(stores_, site_.machine->Open(process_));
  return absl::OkStatus();
}

int64_t Node::Fenced() const {
  double sum = 0;
  for (const MetricGroup::Sample& sample : metrics_.Read()) {
    if (absl::EndsWith(sample.name, "fenced_messages") ||
        absl::EndsWith(sample.name, "stale_frames")) {
      sum += sample.value;
    }
  }
  return static_cast<int64_t>(sum);
}

}  // namespace millrace::sim
