#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/client_handle.h"
#include "connectors/kafka/kafka_position.h"

typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_message_s rd_kafka_message_t;

namespace millrace::kafka {

// The fetched records of one partition, from a position on.
//
// Unread records stay in the library's queue, which is the back-pressure: a
// partition is never paused. A record below the next offset was delivered
// twice and is dropped. Called by the reader's worker only.
class PartitionQueue {
 public:
  // Starts fetching. `client` and `wake` must outlive the queue; `wake` is
  // called on a library thread when records come to an empty queue.
  static absl::StatusOr<std::unique_ptr<PartitionQueue>> Open(
      const PartitionSplit& start, ClientHandle& client,
      const std::function<void()>* wake);

  PartitionQueue(const PartitionQueue&) = delete;
  PartitionQueue& operator=(const PartitionQueue&) = delete;
  ~PartitionQueue();

  // Up to `most` records that are there now, in order, none at or behind the
  // end. They stay valid until the next call. Errors are SRC-03xx.
  absl::StatusOr<const std::vector<rd_kafka_message_t*>*> Fetch(int most);

  const PartitionSplit& position() const { return position_; }
  bool ended() const { return position_.ended(); }

 private:
  PartitionQueue(const PartitionSplit& start, rd_kafka_topic_t* topic,
                 rd_kafka_queue_t* queue)
      : position_(start), topic_(topic), queue_(queue) {}

  void Release();
  absl::Status Take(rd_kafka_message_t* message);
  absl::Status Failed(const rd_kafka_message_t& message) const;

  PartitionSplit position_;
  rd_kafka_topic_t* const topic_;
  rd_kafka_queue_t* const queue_;
  std::vector<rd_kafka_message_t*> fetched_;
  std::vector<rd_kafka_message_t*> taken_;
};

}  // namespace millrace::kafka
