#include "bench/exchange/exchange_end.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace millrace {
namespace {

// Enough that the sender's caches do not hold them all, as after a source.
constexpr int kBatches = 32;
constexpr int64_t kStandstillNanos = 1'000'000'000;
constexpr int64_t kLongestStallNanos = 60'000'000;

int64_t CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

int64_t ResidentBytes() {
  int64_t total = 0;
  int64_t resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * 4096;
}

int64_t MostResidentBytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

}  // namespace

ExchangeEnd::ExchangeEnd(Network* network, std::string name,
                         const Options& options)
    : options_(options) {
  if (options_.sends) bids_ = MakeBids(kBatches);
  auto plane = DataPlane::Open({.task_manager = std::move(name),
                                .network = network,
                                .clock = &clock_,
                                .metrics = &metrics_});
  MILLRACE_CHECK_OK(plane.status());
  plane_ = *std::move(plane);
}

void ExchangeEnd::Open(const std::string& other, const std::string& address) {
  channels_ = plane_->OpenAttempt(
      {"bench", 1}, {{}, {.task_manager = other, .data_address = address}},
      [](int, absl::Status status) { MILLRACE_CHECK_OK(status); });
  std::vector<Ring*> rings;
  for (int i = 0; i < options_.channels; ++i) {
    // The edge is named by who sends: the end that dials, or the other.
    const int32_t out = address.empty() ? 0 : 1;
    if (options_.sends) {
      rings.push_back(
          channels_->OpenSender({.edge = out, .receiver = i}, 1, &waker_));
    }
    if (options_.receives) {
      in_.push_back({.ring = channels_->OpenReceiver(
                         {.edge = 1 - out, .receiver = i}, 1, &waker_)});
    }
  }
  if (options_.sends) {
    output_ = std::make_unique<ExchangeOutput>(ByAuction(options_.channels),
                                               rings, &clock_);
  }
}

ExchangeEnd::Report ExchangeEnd::Run() {
  const int64_t begin_nanos = clock_.SteadyNanos();
  const int64_t begin_cpu = CpuNanos();
  report_.resident_bytes_before = ResidentBytes();
  send_until_nanos_ =
      begin_nanos + static_cast<int64_t>(options_.seconds * 1e9);
  last_row_nanos_ = begin_nanos;
  while (!Done()) {
    waker_.BeginTurn();
    const int64_t now_nanos = clock_.SteadyNanos();
    bool moved = false;
    if (options_.stalls) MaybeStall(now_nanos);
    if (options_.skewed) NoteStandstill(now_nanos);
    if (now_nanos >= stalled_until_nanos_) {
      moved = options_.sends && Send(now_nanos);
      for (In& in : in_) moved |= Receive(in, now_nanos);
    }
    if (moved) {
      report_.longest_pause_nanos = std::max(report_.longest_pause_nanos,
                                             now_nanos - last_row_nanos_);
      last_row_nanos_ = now_nanos;
    } else {
      // What stalls, and rows that the partitioner holds, are looked at again.
      waker_.Wait(2'000'000);
    }
  }
  report_.wall_nanos = clock_.SteadyNanos() - begin_nanos;
  report_.cpu_nanos = CpuNanos() - begin_cpu;
  report_.most_resident_bytes = MostResidentBytes();
  return report_;
}

bool ExchangeEnd::Done() const {
  return (!options_.sends || drained_) &&
         std::all_of(in_.begin(), in_.end(),
                     [](const In& in) { return in.ended; });
}

bool ExchangeEnd::Send(int64_t now_nanos) {
  if (drained_ || !output_->Drain()) return false;
  if (sent_end_) {
    drained_ = true;
  } else if (now_nanos >= send_until_nanos_) {
    output_->Send(EndOfInputEvent{});
    sent_end_ = true;
  } else {
    const Batch& batch = bids_[next_bid_++ % bids_.size()];
    report_.rows_out += batch.row_count;
    MILLRACE_CHECK_OK(output_->Emit(batch));
  }
  return true;
}

bool ExchangeEnd::Receive(In& in, int64_t now_nanos) {
  const bool held =
      options_.skewed && !released_ && &in == &in_.front();
  if (held || now_nanos < in.stalled_until_nanos) return false;
  bool moved = false;
  while (const auto event = in.ring->Take()) {
    moved = true;
    if (const Batch* batch = std::get_if<Batch>(&*event)) {
      report_.rows_in += batch->row_count;
      report_.checksum += ReadBids(*batch);
    }
    in.ended |= std::holds_alternative<EndOfInputEvent>(*event);
    if (options_.stalls) break;
  }
  return moved;
}

// Channel 0 is held until the others have stood still for a while: then its
// sender is stuck, and all that is under way lies in memory.
void ExchangeEnd::NoteStandstill(int64_t now_nanos) {
  if (released_ || now_nanos - last_row_nanos_ < kStandstillNanos) return;
  released_ = true;
  report_.standstill_rows = report_.rows_out + report_.rows_in;
  report_.standstill_resident_bytes = ResidentBytes();
}

void ExchangeEnd::MaybeStall(int64_t now_nanos) {
  if (now_nanos < stalled_until_nanos_) return;
  const auto length = [this] {
    return static_cast<int64_t>(random_() % kLongestStallNanos);
  };
  if (random_() % 60 == 0) stalled_until_nanos_ = now_nanos + length();
  for (In& in : in_) {
    if (random_() % 200 == 0) {
      in.stalled_until_nanos = now_nanos + 4 * length();
    }
  }
}

}  // namespace millrace
