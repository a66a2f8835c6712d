// Rows between two processes on loopback, see README.md. A line of key=value
// pairs a run.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "bench/exchange/exchange_end.h"
#include "runtime/batch/batch_wire.h"
#include "runtime/exchange/frame.h"
#include "runtime/rpc/grpc_network.h"

namespace millrace {
namespace {

constexpr double kMegabyte = 1 << 20;

void Write(int fd, const void* bytes, size_t size) {
  MILLRACE_CHECK(write(fd, bytes, size) == static_cast<ssize_t>(size));
}
void Read(int fd, void* bytes, size_t size) {
  MILLRACE_CHECK(read(fd, bytes, size) == static_cast<ssize_t>(size));
}

// Writing and reading frames alone, in one thread.
void RunCodec(double seconds) {
  const SystemClock clock;
  const std::vector<Batch> bids = MakeBids(32);
  Partitioner partitioner = ByAuction(4);
  std::vector<StreamEvent> events;
  std::vector<Partitioner::Routed> routed;
  for (const Batch& batch : bids) partitioner.Route(batch, routed);
  for (Partitioner::Routed& part : routed) {
    events.emplace_back(std::move(part.batch));
  }
  FrameWriter writer("bench", 1);
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t write_nanos = 0;
  int64_t read_nanos = 0;
  int64_t checksum = 0;
  while (write_nanos + read_nanos < seconds * 1e9) {
    for (const StreamEvent& event : events) {
      const int64_t begin = clock.SteadyNanos();
      writer.Add({}, event);
      std::string message = writer.Take();
      bytes += static_cast<int64_t>(message.size());
      const int64_t written = clock.SteadyNanos();
      const auto parsed = ParseDataMessage(std::move(message));
      MILLRACE_CHECK_OK(parsed.status());
      for (const FrameEntry& entry : std::get<Frame>(*parsed).entries) {
        const auto& event_read = std::get<StreamEvent>(entry.content);
        const auto& batch = std::get<Batch>(event_read);
        rows += batch.row_count;
        checksum += ReadBids(batch);
      }
      write_nanos += written - begin;
      read_nanos += clock.SteadyNanos() - written;
    }
  }
  const auto per_row = [rows](int64_t total) {
    return static_cast<double>(total) / static_cast<double>(rows);
  };
  std::printf(
      "mode=codec rows=%ld bytes_per_row=%.1f write_ns_per_row=%.1f "
      "read_ns_per_row=%.1f checksum=%ld\n",
      rows, per_row(bytes), per_row(write_nanos), per_row(read_nanos),
      checksum);
}

// The end that dials; its report goes into the pipe.
void RunDialler(const ExchangeEnd::Options& options, int from_parent,
                int to_parent) {
  char address[64] = {};
  Read(from_parent, address, sizeof(address));
  GrpcNetwork network;
  ExchangeEnd end(&network, "a", options);
  end.Open("b", address);
  const ExchangeEnd::Report report = end.Run();
  Write(to_parent, &report, sizeof(report));
  // The other end says so when it needs this one no more.
  char done;
  Read(from_parent, &done, sizeof(done));
  end.Close();
}

void Print(const std::string& mode, const ExchangeEnd::Report& a,
           const ExchangeEnd::Report& b) {
  const int64_t rows = a.rows_out + b.rows_out;
  const double cpu = static_cast<double>(a.cpu_nanos + b.cpu_nanos) / 1e9;
  const double wall = static_cast<double>(b.wall_nanos) / 1e9;
  std::printf(
      "mode=%s rows=%ld lost=%ld wall_s=%.2f rows_per_s=%.0f cpu_s=%.2f "
      "rows_per_cpu_s=%.0f cpu_a_s=%.2f cpu_b_s=%.2f rss_a_mb=%.1f "
      "rss_b_mb=%.1f longest_pause_s=%.2f\n",
      mode.c_str(), rows, rows - a.rows_in - b.rows_in, wall, rows / wall, cpu,
      rows / cpu, a.cpu_nanos / 1e9, b.cpu_nanos / 1e9,
      a.most_resident_bytes / kMegabyte, b.most_resident_bytes / kMegabyte,
      std::max(a.longest_pause_nanos, b.longest_pause_nanos) / 1e9);
  if (a.standstill_rows == 0) return;
  std::printf(
      "mode=%s rows_under_way=%ld sender_grew_mb=%.1f receiver_grew_mb=%.1f\n",
      mode.c_str(), a.standstill_rows - b.standstill_rows,
      (a.standstill_resident_bytes - a.resident_bytes_before) / kMegabyte,
      (b.standstill_resident_bytes - b.resident_bytes_before) / kMegabyte);
}

int RunPair(const std::string& mode, double seconds) {
  const bool both = mode == "stalls";
  const bool skewed = mode == "skew";
  ExchangeEnd::Options a = {
      .sends = true, .receives = both, .seconds = seconds, .stalls = both,
      .skewed = skewed};
  ExchangeEnd::Options b = {
      .sends = both, .receives = true, .seconds = seconds, .stalls = both,
      .skewed = skewed};
  int down[2];
  int up[2];
  MILLRACE_CHECK(pipe(down) == 0 && pipe(up) == 0);
  const pid_t child = fork();
  if (child == 0) {
    RunDialler(a, down[0], up[1]);
    return 0;
  }
  GrpcNetwork network;
  ExchangeEnd end(&network, "b", b);
  end.Open("a", "");
  char address[64] = {};
  MILLRACE_CHECK(end.address().size() < sizeof(address));
  end.address().copy(address, sizeof(address) - 1);
  Write(down[1], address, sizeof(address));
  const ExchangeEnd::Report report_b = end.Run();
  ExchangeEnd::Report report_a;
  Read(up[0], &report_a, sizeof(report_a));
  Print(mode, report_a, report_b);
  end.Close();
  Write(down[1], "x", 1);
  int status = 0;
  MILLRACE_CHECK(waitpid(child, &status, 0) == child);
  return status == 0 ? 0 : 1;
}

int Main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "wire";
  double seconds = 10;
  if (count > 2 && !absl::SimpleAtod(arguments[2], &seconds)) return 2;
  if (mode == "codec") {
    RunCodec(seconds);
    return 0;
  }
  if (mode == "wire" || mode == "skew" || mode == "stalls") {
    return RunPair(mode, seconds);
  }
  std::fprintf(stderr, "usage: %s codec|wire|skew|stalls [SECONDS]\n",
               arguments[0]);
  return 2;
}

}  // namespace
}  // namespace millrace

int main(int count, char** arguments) {
  return millrace::Main(count, arguments);
}
