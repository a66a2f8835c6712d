// What goes wrong with a SimDisk; sim_disk.cc is what goes right.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {

void SimDisk::set_faults(const Faults& faults) {
  VisibleMutexLock lock(&mutex_);
  faults_ = faults;
}

SimDisk::Counts SimDisk::counts() const {
  VisibleMutexLock lock(&mutex_);
  return counts_;
}

void SimDisk::FailChange(int64_t nth, absl::StatusCode code) {
  VisibleMutexLock lock(&mutex_);
  fail_in_ = nth;
  fail_code_ = code;
}

void SimDisk::StopBefore(int64_t nth) {
  VisibleMutexLock lock(&mutex_);
  stop_in_ = nth;
}

bool SimDisk::stopped() const {
  VisibleMutexLock lock(&mutex_);
  return stopped_;
}

absl::Status SimDisk::BeginChange(const std::string& path) {
  ++counts_.changes;
  if (stop_in_ > 0 && --stop_in_ == 0) stopped_ = true;
  if (fail_in_ > 0 && --fail_in_ == 0) {
    return absl::Status(fail_code_, absl::StrCat("it was asked to: ", path));
  }
  return MaybeFail(path);
}

absl::Status SimDisk::MaybeFail(const std::string& path) {
  if (stopped_) return absl::UnavailableError("the machine is off");
  if (rng_.Unit() < faults_.io_error) {
    ++counts_.io_errors;
    return absl::UnavailableError("input/output error: " + path);
  }
  return absl::OkStatus();
}

int64_t SimDisk::UsedBytes(const Node& folder) const {
  int64_t sum = static_cast<int64_t>(folder.bytes.size());
  for (const auto& [name, node] : folder.names) sum += UsedBytes(*node);
  return sum;
}

absl::Status SimDisk::Append(Node& node, const std::string& path,
                             absl::string_view bytes) {
  const absl::Status begun = BeginChange(path);
  if (!begun.ok()) {
    absl::StrAppend(&node.bytes,
                    bytes.substr(0, rng_.Below(bytes.size() + 1)));
    return begun;
  }
  if (faults_.capacity_bytes != std::numeric_limits<int64_t>::max()) {
    const int64_t space = std::max<int64_t>(
        0, faults_.capacity_bytes - UsedBytes(*root_));
    if (space < static_cast<int64_t>(bytes.size())) {
      absl::StrAppend(&node.bytes, bytes.substr(0, space));
      ++counts_.no_space;
      return absl::ResourceExhaustedError("no space left: " + path);
    }
  }
  absl::StrAppend(&node.bytes, bytes);
  return absl::OkStatus();
}

absl::Status SimDisk::Sync(Node& node, const std::string& path) {
  const absl::Status begun = BeginChange(path);
  if (!begun.ok()) node.sync_failed = true;
  if (!node.sync_failed) {
    node.synced_bytes = static_cast<int64_t>(node.bytes.size());
  }
  return begun;
}

void SimDisk::EndProcess() {
  ++process_;
  locks_.clear();
  stop_in_ = 0;
  fail_in_ = 0;
  stopped_ = false;
}

void SimDisk::Kill() {
  VisibleMutexLock lock(&mutex_);
  ++counts_.kills;
  EndProcess();
}

void SimDisk::PowerCut() {
  VisibleMutexLock lock(&mutex_);
  ++counts_.power_cuts;
  EndProcess();
  CutFolder(*root_);
}

void SimDisk::CutFolder(Node& folder) {
  std::map<std::string, NodePtr> left;
  std::set<std::string> all;
  for (const auto& [name, node] : folder.names) all.insert(name);
  for (const auto& [name, node] : folder.synced_names) all.insert(name);
  const auto in = [](const std::map<std::string, NodePtr>& names,
                     const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
  };
  for (const std::string& name : all) {
    const NodePtr now = in(folder.names, name);
    const NodePtr before = in(folder.synced_names, name);
    const bool goes_back = now != before && rng_.Below(2) == 0;
    if (goes_back) ++counts_.names_lost;
    if (const NodePtr& node = goes_back ? before : now) left[name] = node;
  }
  folder.names = left;
  folder.synced_names = left;
  for (const auto& [name, node] : left) {
    node->is_directory ? CutFolder(*node) : CutFile(*node);
  }
}

// A second visit, by another name, finds all synced.
void SimDisk::CutFile(Node& file) {
  const int64_t size = static_cast<int64_t>(file.bytes.size());
  const int64_t unsafe = size - file.synced_bytes;
  if (unsafe > 0) {
    const int64_t kept = static_cast<int64_t>(rng_.Below(unsafe + 1));
    file.bytes.resize(file.synced_bytes + kept);
    if (rng_.Below(4) == 0) {
      std::fill(file.bytes.begin() + file.synced_bytes, file.bytes.end(), '\0');
    }
    counts_.bytes_lost += unsafe - kept;
  }
  file.synced_bytes = static_cast<int64_t>(file.bytes.size());
  file.sync_failed = false;
}

void SimDisk::FlipBit(const std::string& path, int64_t bit) {
  VisibleMutexLock lock(&mutex_);
  const auto node = FindNode(path, false);
  MILLRACE_CHECK(node.ok() &&
                 bit / 8 < static_cast<int64_t>((*node)->bytes.size()));
  (*node)->bytes[bit / 8] ^= static_cast<char>(1 << (bit % 8));
}

}  // namespace millrace
