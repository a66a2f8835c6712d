#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "connectors/kafka/client/client_properties.h"

// The library's handles, so that its header stays in .cc files.
typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;

namespace millrace::kafka {

// Whether librdkafka takes `name` = `value`; else SQL-0311 or SQL-0312 with the
// nearest name or the library's own words.
absl::Status CheckProperty(const std::string& name, const std::string& value);

// The last thing that went wrong, in the library's words: it tells people why a
// broker does not answer (a refused password, an unknown host), which errors
// do not. Written by the library's threads.
class LastTrouble {
 public:
  void Set(std::string text) {
    absl::MutexLock lock(&mutex_);
    text_ = std::move(text);
  }
  std::string Get() const {
    absl::MutexLock lock(&mutex_);
    return text_;
  }
  void SetPartitionGone() { partition_gone_ = true; }
  bool TakePartitionGone() { return std::exchange(partition_gone_, false); }

 private:
  mutable absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  // Of whoever reads a queue: told on its thread, within that call.
  bool partition_gone_ = false;
};

// A running client of the library. Destroying it closes the connections and
// gives up what a producer has not sent. A producer's delivery reports and
// errors come as events of its main queue.
class ClientHandle {
 public:
  enum class Role { kConsumer, kProducer };

  // `properties` over `defaults`; `configure` may add what is no property.
  // kUnavailable never: connecting happens in the background.
  static absl::StatusOr<std::unique_ptr<ClientHandle>> Open(
      Role role, const ClientProperties& properties,
      const absl::btree_map<std::string, std::string>& defaults,
      void (*configure)(rd_kafka_conf_t*) = nullptr);

  ClientHandle(rd_kafka_t* client, Role role,
               std::unique_ptr<LastTrouble> trouble)
      : trouble_(std::move(trouble)), client_(client), role_(role) {}
  ClientHandle(const ClientHandle&) = delete;
  ClientHandle& operator=(const ClientHandle&) = delete;
  ~ClientHandle();

  rd_kafka_t* get() const { return client_; }

  // Empty while no broker was heard of, or where it tells none. Never waits.
  std::string cluster_id() const;

  // Empty while nothing went wrong.
  std::string last_trouble() const { return trouble_->Get(); }

  // Whether, since the last call, a queue that was read told that its partition
  // is not found any more. Of a client that NoticePartitionsThatGo configured.
  bool TakePartitionGone() { return trouble_->TakePartitionGone(); }

 private:
  const std::unique_ptr<LastTrouble> trouble_;  // Outlives the client.
  rd_kafka_t* const client_;
  const Role role_;
};

// Of a consumer that reads queues of partitions: such errors are no records of
// theirs, and told by a callback alone, on the thread that reads.
void NoticePartitionsThatGo(rd_kafka_conf_t* conf);

// Calls `wake` from a library thread whenever `queue` gets its first event.
// `wake` must outlive the queue and be thread-safe.
void WakeOnEvents(rd_kafka_queue_t* queue, const std::function<void()>* wake);

}  // namespace millrace::kafka
