#include "bench/state/machine_probe.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <numeric>

#include "runtime/base/check.h"
#include "state/table_memory.h"

namespace millrace {
namespace {

constexpr size_t kPieceBytes = 4 << 20;

double ProbeSeconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + now.tv_nsec * 1e-9;
}

// MB/s of `work` on so many bytes.
template <typename Work>
double Rate(int64_t bytes, Work work) {
  const double start = ProbeSeconds();
  work();
  return static_cast<double>(bytes) * 1e-6 / (ProbeSeconds() - start);
}

void WriteFile(const std::string& path, const char* bytes, int64_t count) {
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  MILLRACE_CHECK(file >= 0);
  for (int64_t at = 0; at < count; at += kPieceBytes) {
    MILLRACE_CHECK(write(file, bytes + at, kPieceBytes) == kPieceBytes);
  }
  MILLRACE_CHECK(fsync(file) == 0);
  close(file);
}

void ReadFile(const std::string& path, char* piece) {
  const int file = open(path.c_str(), O_RDONLY);
  MILLRACE_CHECK(file >= 0);
  while (read(file, piece, kPieceBytes) > 0) {
  }
  close(file);
}

}  // namespace

MachineProbe MachineProbe::Of(const std::string& folder, int64_t bytes) {
  MachineProbe probe;
  bytes = bytes / kPieceBytes * kPieceBytes;
  auto from = TableMemory::Allocate(bytes, nullptr, "probe");
  auto to = TableMemory::Allocate(bytes, nullptr, "probe");
  MILLRACE_CHECK(from.ok() && to.ok());
  probe.new_memory =
      Rate(bytes, [&] { std::memset(from->data(), 1, bytes); });
  std::memset(to->data(), 2, bytes);
  probe.copy =
      Rate(bytes, [&] { std::memcpy(to->data(), from->data(), bytes); });
  const auto* words = reinterpret_cast<const uint64_t*>(to->data());
  volatile uint64_t sum = 0;
  probe.scan = Rate(bytes, [&] {
    sum = std::accumulate(words, words + bytes / sizeof *words, uint64_t{0});
  });
  const std::string path = folder + "/probe";
  probe.disk_write =
      Rate(bytes, [&] { WriteFile(path, from->data(), bytes); });
  probe.cached_read = Rate(bytes, [&] { ReadFile(path, to->data()); });
  unlink(path.c_str());
  return probe;
}

void WarmMemory(int64_t bytes) {
  auto memory = TableMemory::Allocate(bytes, nullptr, "probe");
  MILLRACE_CHECK(memory.ok());
  std::memset(memory->data(), 1, bytes);
}

}  // namespace millrace
