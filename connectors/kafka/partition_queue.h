#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/fetched_record.h"
#include "connectors/kafka/kafka_position.h"

typedef struct rd_kafka_topic_s rd_kafka_topic_t;

namespace millrace::kafka {

// The fetched records of one partition, from a position on.
//
// Unread records stay in the library's queue, which is the back-pressure: a
// partition is never paused. A record below the next offset was delivered
// twice and is dropped. Where a record is marked as the last one read, fetching
// begins at it: if it is still there and is another one, the topic was made
// again. Where the brokers did not find the partition for a while fetching begins
// at that record once more, for the same reason.
// Called by the reader's worker only.
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
  absl::StatusOr<const std::vector<FetchedRecord>*> Fetch(int most);

  // The position behind the first `consumed` records of the last fetch.
  PartitionSplit PositionBehind(size_t consumed) const;
  bool ended() const { return position_.ended(); }

  const PartitionSplit& position() const { return position_; }
  // Of the records that the brokers have, those not fetched yet; from what
  // their answers said last. Negative: nothing was heard of them.
  int64_t Behind() const;

 private:
  PartitionQueue(const PartitionSplit& start, ClientHandle& client,
                 rd_kafka_topic_t* topic, rd_kafka_queue_t* queue)
      : position_(start), client_(client), topic_(topic), queue_(queue) {}

  // At the mark, if there is one.
  absl::Status Start();
  absl::Status StartAt(int64_t offset);
  // SRC-0310 when the records came from another cluster before.
  absl::Status CheckCluster();
  void Release();
  absl::Status Take(rd_kafka_message_t* message);
  // What comes first where a record is marked; the others come through Take.
  absl::Status CheckMark(const rd_kafka_message_t& message);
  // The partition was not found: SRC-0305 where it is still not there. Where it
  // is, it may be another one, and is started anew at the mark. Asks the brokers,
  // for at most two seconds.
  absl::Status LookAgain();
  absl::Status Failed(int error) const;  // Of the library's.
  // What to say of records that are not there. Asks the broker, for at most
  // two seconds: nothing is read any more.
  absl::Status Gap() const;
  std::string Where() const;

  PartitionSplit position_;  // Behind all that was fetched.
  bool knows_cluster_ = false;
  bool checks_mark_ = false;
  ClientHandle& client_;
  rd_kafka_topic_t* const topic_;
  rd_kafka_queue_t* const queue_;
  std::vector<rd_kafka_message_t*> fetched_;
  std::vector<FetchedRecord> taken_;  // Those of them that are read.
};

}  // namespace millrace::kafka
