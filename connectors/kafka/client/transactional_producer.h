#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/exactly_once/kafka_session.h"

typedef struct rd_kafka_error_s rd_kafka_error_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;

namespace millrace::kafka {

// A producer of the library with a transactional id. Calls block, but not for
// longer than kSliceMs where the answer may be asked for again. One thread.
//
// Answers are session::Outcome's: kOk only while no broker was in trouble, for
// the library repeats requests by itself.
class TransactionalProducer {
 public:
  static constexpr int kSliceMs = 2000;

  static absl::StatusOr<std::unique_ptr<TransactionalProducer>> Open(
      const SessionOptions& options);
  ~TransactionalProducer();

  // Whether nobody waits for an answer any more. Before any other call.
  void StopWhen(std::function<bool()> is_stopping) {
    is_stopping_ = std::move(is_stopping);
  }

  session::Answer Init();
  session::Answer CommitNonce(const session::CommitNonce& nonce);
  session::Answer Send(std::shared_ptr<const SealedChunk> chunk);
  session::Answer Send(const session::SendMarker& marker);
  session::Answer Commit();

  ClientHandle& client() { return *client_; }

 private:
  // Delivery reports that were taken since the last Begin or Wait.
  struct Reports {
    int64_t waiting = 0;  // Sent, without a report.
    int64_t waiting_bytes = 0;
    int error = 0;        // The first, as the library numbers them; 0: none.
    int64_t offset = -1;  // Of the last.
  };

  TransactionalProducer(std::shared_ptr<ClientHandle> client,
                        const SessionOptions& options);

  session::Answer Begin();
  // kOk: all of them were handed over.
  session::Answer Produce(const SealedChunk& chunk);
  // An error of the library; 0: it is in its queue, not copied.
  int Enqueue(const OutputRecord& record, rd_kafka_topic_t* topic);
  session::Answer ProduceTo(const std::string& topic, int32_t partition,
                            const std::string& key, const std::string& value);
  // Until every record has its report.
  session::Answer Wait();
  void TakeEvents(int timeout_ms);
  // Where no report came, what waits for a full batch is sent as it is.
  void TakeReports(int timeout_ms);
  rd_kafka_topic_t* TopicOf(const std::string& name);
  // What a record that the library did not take says, or one before it.
  session::Answer AnswerToProduce(int error);
  session::Answer AnswerTo(rd_kafka_error_t* error);
  session::Answer AnswerTo(int error) const;  // 0: kOk.

  // The library reads values where they lie until it has reported them or is
  // gone: these outlive the client.
  std::vector<std::shared_ptr<const SealedChunk>> lent_;
  const std::shared_ptr<ClientHandle> client_;
  const absl::Duration socket_timeout_;
  std::function<bool()> is_stopping_ = [] { return false; };
  rd_kafka_queue_t* events_ = nullptr;
  absl::btree_map<std::string, rd_kafka_topic_t*> topics_;
  Reports reports_;
  bool in_trouble_ = false;  // A broker, since the transaction began.
  std::string trouble_;
};

}  // namespace millrace::kafka
