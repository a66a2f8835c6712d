#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/fetched_record.h"
#include "connectors/kafka/kafka_position.h"
#include "connectors/kafka/topic_inquiry.h"
#include "runtime/base/clock.h"

typedef struct rd_kafka_topic_s rd_kafka_topic_t;

namespace millrace::kafka {

// The fetched records of one partition, from a position on.
//
// Unread records stay in the library's queue, which is the back-pressure: a
// partition is never paused. A record below the next offset was delivered
// twice and is dropped. Where a record is marked as the last one read, fetching
// begins at it: if it is still there and is another one, the topic was made
// again.
//
// What a broker says of a partition just after it or a leader came back may be
// old: that it is not there, or ends before what was read. So nothing is
// fetched then, the brokers are asked each second (TopicInquiry), and only when
// they have said so for kPatience is it believed. If they take it back fetching
// begins at the mark once more: it may be another topic of that name. Where
// nobody answers patience begins anew. Called by the reader's worker only.
class PartitionQueue {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(15);

  // All of them outlive the queue.
  struct Surroundings {
    ClientHandle* client = nullptr;
    TopicInquiry* inquiry = nullptr;
    const Clock* clock = nullptr;
    // Called on a library thread when records come to an empty queue.
    const std::function<void()>* wake = nullptr;
  };

  // Starts fetching.
  static absl::StatusOr<std::unique_ptr<PartitionQueue>> Open(
      const PartitionSplit& start, const Surroundings& surroundings);

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
  PartitionQueue(const PartitionSplit& start, const Surroundings& surroundings,
                 rd_kafka_topic_t* topic, rd_kafka_queue_t* queue)
      : position_(start),
        client_(*surroundings.client),
        inquiry_(*surroundings.inquiry),
        clock_(surroundings.clock),
        topic_(topic),
        queue_(queue) {}

  // At the mark, if there is one.
  absl::Status Start();
  absl::Status StartAt(int64_t offset);
  void Stop();
  // SRC-0310 when the records came from another cluster before.
  absl::Status CheckCluster();
  void Release();
  absl::Status Take(rd_kafka_message_t* message);
  // What comes first where a record is marked; the others come through Take.
  absl::Status CheckMark(const rd_kafka_message_t& message);
  // Stops fetching until the next look. `why`, when that was so for kPatience;
  // OK is nothing to be patient of.
  absl::Status Doubt(absl::Status why);
  // Asks the brokers if they have the partition: then fetching begins anew.
  absl::Status LookAgain();
  absl::Status Failed(int error);  // Of the library's.
  absl::Status Gone() const;  // SRC-0305.
  // SRC-0304, if the brokers do not say that the next record is to come. Asks
  // them, for at most kAnswerMs.
  absl::Status Gap() const;
  std::string Where() const;

  PartitionSplit position_;  // Behind all that was fetched.
  bool knows_cluster_ = false;
  bool checks_mark_ = false;
  bool is_started_ = false;
  int64_t doubted_nanos_ = 0;        // When it last was, and so stopped.
  int64_t doubted_since_nanos_ = 0;  // 0: not.
  ClientHandle& client_;
  TopicInquiry& inquiry_;
  const Clock* const clock_;
  rd_kafka_topic_t* const topic_;
  rd_kafka_queue_t* const queue_;
  std::vector<rd_kafka_message_t*> fetched_;
  std::vector<FetchedRecord> taken_;  // Those of them that are read.
};

}  // namespace millrace::kafka
