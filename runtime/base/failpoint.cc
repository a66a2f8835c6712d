#include "runtime/base/failpoint.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/check.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {
namespace {

constexpr absl::string_view kNames[] = {
    // The job's master: checkpoints and leadership.
    "jm.trigger.before_rpc",
    "jm.trigger.after_rpc",
    "jm.ack.before_record",
    "jm.complete.before_metadata_put",
    "jm.complete.after_metadata_put",
    "jm.complete.before_cas",
    "jm.complete.after_cas",
    "jm.complete.before_notify",
    "jm.subsume.before_delete",
    "jm.leader.gained",
    "jm.leader.lost",
    // Subtasks: barriers, snapshots, restores.
    "tm.barrier.first",
    "tm.barrier.last",
    "tm.snapshot.sync",
    "tm.snapshot.before_upload",
    "tm.snapshot.mid_upload",
    "tm.snapshot.before_ack",
    "tm.restore.before_download",
    "tm.restore.mid_download",
    "tm.restore.before_open",
    "tm.restore.after_open",
    // Sources and sinks.
    "src.before_offset_capture",
    "src.after_offset_capture",
    "sink.before_seal",
    "sink.after_seal",
    "sink.before_begin",
    "sink.mid_produce",
    "sink.before_marker",
    "sink.before_commit",
    "sink.after_commit",
    "sink.before_ack",
    // Requests to Kafka.
    "kafka.init_producer_id.sent",
    "kafka.init_producer_id.answered",
    "kafka.add_partitions.sent",
    "kafka.add_partitions.answered",
    "kafka.produce.sent",
    "kafka.produce.answered",
    "kafka.end_txn.sent",
    "kafka.end_txn.answered",
    // Files of checkpoints.
    "files.ref_dec",
    "files.before_unlink",
    // `millrace dlq replay`.
    "dlq.replay.begun",
    "dlq.replay.ended",
    "dlq.replay.closed",
};

using Handler = std::function<absl::Status(absl::string_view)>;

ABSL_CONST_INIT std::atomic<bool> armed{false};
ABSL_CONST_INIT absl::Mutex mutex(absl::kConstInit);

// Never destroyed: threads may reach failpoints until the process is gone.
std::shared_ptr<const Handler>& TheHandler()
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
  static auto& handler = *new std::shared_ptr<const Handler>();
  return handler;
}

absl::Status Reached(absl::string_view name) {
  MILLRACE_CHECK(std::ranges::find(kNames, name) != std::end(kNames));
  std::shared_ptr<const Handler> handler;
  {
    VisibleMutexLock lock(&mutex);
    handler = TheHandler();
  }
  // Outside of the lock: it may stand still, and it may arm anew.
  return handler == nullptr ? absl::OkStatus() : (*handler)(name);
}

}  // namespace

absl::Status Failpoint(absl::string_view name) {
  if (!armed.load(std::memory_order_relaxed)) [[likely]] {
    return absl::OkStatus();
  }
  return Reached(name);
}

std::span<const absl::string_view> FailpointNames() { return kNames; }

void SetFailpointHandler(Handler handler) {
  VisibleMutexLock lock(&mutex);
  const bool any = handler != nullptr;
  TheHandler() =
      any ? std::make_shared<const Handler>(std::move(handler)) : nullptr;
  armed.store(any, std::memory_order_relaxed);
}

}  // namespace millrace
