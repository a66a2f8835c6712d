// Two queries without an engine: see README.md beside this file.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>

#include "bench/limit/event_file.h"
#include "bench/limit/slice_counts.h"
#include "simdjson.h"

namespace millrace::bench {
namespace {

namespace json = simdjson::ondemand;

struct Result {
  int64_t events = 0;
  uint64_t checksum = 0;
};

uint64_t Fold(std::string_view text) {
  uint64_t sum = text.size();
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
  }
  uint64_t rest = 0;
  std::memcpy(&rest, text.data() + at, text.size() - at);
  return (sum ^ rest) * 0x9e3779b97f4a7c15ull;
}

int Digits(const char* text, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

// "yyyy-MM-dd HH:mm:ss.SSS" to milliseconds since the epoch.
int64_t ParseTime(std::string_view text) {
  static char day_text[10];
  static int64_t day_ms;
  if (std::memcmp(day_text, text.data(), 10) != 0) {
    std::memcpy(day_text, text.data(), 10);
    int year = Digits(day_text, 4);
    const int month = Digits(day_text + 5, 2), day = Digits(day_text + 8, 2);
    year -= month <= 2;
    const int era = year / 400, of_era = year - era * 400;
    const int of_year =
        (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int days =
        era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    day_ms = (days - 719468) * 86'400'000ll;
  }
  const char* clock = text.data() + 11;
  return day_ms + Digits(clock, 2) * 3'600'000ll +
         Digits(clock + 3, 2) * 60'000ll + Digits(clock + 6, 2) * 1000ll +
         Digits(clock + 9, 3);
}

// Every column of every bid into the checksum.
class FoldBids {
 public:
  void Event(json::document_reference event) {
    ++result.events;
    int64_t type = event["event_type"];
    if (type != 2) return;
    json::object bid = event["bid"];
    uint64_t sum = int64_t(bid["auction"]);
    sum = sum * 31 + int64_t(bid["bidder"]);
    sum = sum * 31 + int64_t(bid["price"]);
    sum = sum * 31 + Fold(bid["channel"]);
    sum = sum * 31 + Fold(bid["url"]);
    sum = sum * 31 + ParseTime(bid["dateTime"]);
    sum = sum * 31 + Fold(bid["extra"]);
    result.checksum += sum;
  }
  void End() {}

  Result result;
};

// Bids per auction in windows of 10 s that slide by 2 s.
class CountBids {
 public:
  void Event(json::document_reference event) {
    ++result.events;
    int64_t type = event["event_type"];
    if (type != 2) return;
    json::object bid = event["bid"];
    const int64_t auction = bid["auction"];
    const int64_t slice = ParseTime(bid["dateTime"]) / kSlideMs;
    while (slices_.empty() || slice >= first_ + int64_t(slices_.size())) {
      if (slices_.empty()) first_ = slice;
      slices_.emplace_back();
      if (slices_.size() > kSlices) EmitFirst();
    }
    if (slice >= first_) slices_[slice - first_].Add(auction, 1);
  }
  void End() {
    while (!slices_.empty()) EmitFirst();
  }

  Result result;

 private:
  static constexpr int64_t kSlideMs = 2000;
  static constexpr size_t kSlices = 5;

  void EmitFirst() {
    SliceCounts window;
    for (size_t i = 0; i < std::min(kSlices, slices_.size()); ++i) {
      slices_[i].ForEach(
          [&](int64_t key, int64_t count) { window.Add(key, count); });
    }
    window.ForEach([&](int64_t key, int64_t count) {
      result.checksum += (key * 31 + count) * 31 + first_;
    });
    slices_.pop_front();
    ++first_;
  }

  std::deque<SliceCounts> slices_;
  int64_t first_ = 0;
};

template <typename Query>
Result Run(const char* path) {
  EventFile file(path);
  simdjson::ondemand::parser parser;
  Query query;
  for (auto lines = file.Next(); lines.size_bytes > 0; lines = file.Next()) {
    json::document_stream events;
    if (parser.iterate_many(lines.data, lines.size_bytes, 1 << 20)
            .get(events) != simdjson::SUCCESS) {
      std::fprintf(stderr, "%s: no JSON lines\n", path);
      std::exit(2);
    }
    for (auto event : events) query.Event(event.value());
  }
  query.End();
  return query.result;
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return t.tv_sec + t.tv_usec / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace
}  // namespace millrace::bench

namespace bench = millrace::bench;

int main(int argc, char** argv) {
  const bool fold = argc == 3 && std::strcmp(argv[1], "q0") == 0;
  const bool count = argc == 3 && std::strcmp(argv[1], "q5a") == 0;
  if (!fold && !count) {
    std::fprintf(stderr, "usage: %s q0|q5a EVENTS.ndjson\n", argv[0]);
    return 2;
  }
  const bench::Result result = fold ? bench::Run<bench::FoldBids>(argv[2])
                                   : bench::Run<bench::CountBids>(argv[2]);
  const double cpu = bench::CpuSeconds();
  std::printf("%s events=%lld cpu_s=%.2f events_per_cpu_s=%.0f checksum=%llx\n",
              argv[1], static_cast<long long>(result.events), cpu,
              result.events / cpu,
              static_cast<unsigned long long>(result.checksum));
}
