#pragma once

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "connectors/kafka/exactly_once/kafka_session.h"

namespace millrace::kafka {

class SessionThread;

// Sessions of the real library. Its transactional calls block, so each session
// has a thread of its own, which also closes the producer: that may take a
// second, and nobody waits for it but the end of the process.
class LibrdkafkaPort final : public KafkaPort {
 public:
  LibrdkafkaPort();
  ~LibrdkafkaPort() override;  // Joins every thread.

  absl::StatusOr<std::unique_ptr<KafkaSession>> Open(
      const SessionOptions& options) override;

 private:
  // Joins the threads that have ended.
  void Reap();

  absl::Mutex mutex_;
  std::vector<std::shared_ptr<SessionThread>> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::kafka
