#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {
namespace {

enum class Action { kKill, kStop, kError };

struct Arm {
  Action action = Action::kKill;
  int64_t at = 1;
};

struct Point {
  int64_t reached = 0;
  int64_t reported = 0;
  std::vector<Arm> arms;
};

// What ArmFailpoints sets as handler. Lives as long as the process.
class ArmedFailpoints {
 public:
  explicit ArmedFailpoints(int counts_file) : counts_file_(counts_file) {}

  absl::Status Add(absl::string_view entry) {
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(entry, absl::MaxSplits('=', 1));
    const std::pair<absl::string_view, absl::string_view> what =
        absl::StrSplit(sides.second, absl::MaxSplits('@', 1));
    const auto names = FailpointNames();
    Arm arm;
    if (what.first == "kill") {
      arm.action = Action::kKill;
    } else if (what.first == "stop") {
      arm.action = Action::kStop;
    } else if (what.first == "error") {
      arm.action = Action::kError;
    } else {
      return Refused(entry, "the action is kill, error or stop");
    }
    if (std::ranges::find(names, sides.first) == names.end()) {
      return Refused(entry, "there is no failpoint of that name");
    }
    const bool has_number = sides.second.size() > what.first.size();
    if (has_number && (!absl::SimpleAtoi(what.second, &arm.at) || arm.at < 1)) {
      return Refused(entry, "@ is followed by 1 or more");
    }
    VisibleMutexLock lock(&mutex_);
    points_[sides.first].arms.push_back(arm);
    return absl::OkStatus();
  }

  absl::Status Reach(absl::string_view name) {
    std::optional<Action> due;
    {
      VisibleMutexLock lock(&mutex_);
      Point& point = points_[name];
      ++point.reached;
      for (const Arm& arm : point.arms) {
        if (arm.at == point.reached) due = arm.action;
      }
      const bool is_power = (point.reached & (point.reached - 1)) == 0;
      if (is_power || due) Report(name, point);
    }
    if (!due) return absl::OkStatus();
    if (due == Action::kError) {
      return absl::UnavailableError(absl::StrCat("failpoint ", name));
    }
    kill(getpid(), due == Action::kKill ? SIGKILL : SIGSTOP);
    return absl::OkStatus();
  }

 private:
  static absl::Status Refused(absl::string_view entry, absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("failpoint \"", entry, "\": ", why,
                     ". Write name=kill, name=error@3 or name=stop"));
  }

  // One write, so that lines of several processes do not mix.
  void Report(absl::string_view name, Point& point)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (counts_file_ < 0) return;
    const std::string line =
        absl::StrCat(name, " ", point.reached - point.reported, "\n");
    if (write(counts_file_, line.data(), line.size()) ==
        static_cast<ssize_t>(line.size())) {
      point.reported = point.reached;
    }
  }

  const int counts_file_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Point> points_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status ArmFailpoints(absl::string_view text,
                           const std::string& counts_path) {
  int counts_file = -1;
  if (!counts_path.empty()) {
    counts_file = open(counts_path.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (counts_file < 0) return DiskError(errno, "create", counts_path);
  }
  const auto armed = std::make_shared<ArmedFailpoints>(counts_file);
  for (absl::string_view entry : absl::StrSplit(text, ';', absl::SkipEmpty())) {
    RETURN_IF_ERROR(armed->Add(entry));
  }
  SetFailpointHandler(
      [armed](absl::string_view name) { return armed->Reach(name); });
  return absl::OkStatus();
}

}  // namespace millrace
