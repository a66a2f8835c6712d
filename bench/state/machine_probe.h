#pragma once

#include <cstdint>
#include <string>

namespace millrace {

// What the machine can do at this moment, in MB/s: the limits beside which the
// times of snapshots and restores stand.
struct MachineProbe {
  // New memory on huge pages, written once by one thread: the kernel zeroes it
  // first. What a table that is restored costs at least.
  double new_memory = 0;
  double copy = 0;  // memcpy between two buffers beyond every cache.
  double scan = 0;  // Reading such a buffer.
  // A file of `bytes` below `folder`: written and synced, and read again while
  // the system still has it.
  double disk_write = 0;
  double cached_read = 0;

  static MachineProbe Of(const std::string& folder, int64_t bytes);
};

// Makes free memory memory that the machine has: a virtual machine may give
// what is free back to its host within seconds, and to get it again takes
// several times what clearing it does. What is timed next is then not charged
// for that.
void WarmMemory(int64_t bytes);

}  // namespace millrace
