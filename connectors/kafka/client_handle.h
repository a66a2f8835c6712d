#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/kafka/client_properties.h"

// The library's handles, so that its header stays in .cc files.
typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;

namespace millrace::kafka {

// Whether librdkafka takes `name` = `value`; else SQL-0311 or SQL-0312 with the
// nearest name or the library's own words.
absl::Status CheckProperty(const std::string& name, const std::string& value);

// A running client of the library. Destroying it closes the connections and
// gives up what a producer has not sent. A producer's delivery reports come as
// events of its main queue.
class ClientHandle {
 public:
  enum class Role { kConsumer, kProducer };

  // `properties` over `defaults`. kUnavailable never: connecting happens in
  // the background.
  static absl::StatusOr<std::unique_ptr<ClientHandle>> Open(
      Role role, const ClientProperties& properties,
      const absl::btree_map<std::string, std::string>& defaults);

  explicit ClientHandle(rd_kafka_t* client, Role role)
      : client_(client), role_(role) {}
  ClientHandle(const ClientHandle&) = delete;
  ClientHandle& operator=(const ClientHandle&) = delete;
  ~ClientHandle();

  rd_kafka_t* get() const { return client_; }

 private:
  rd_kafka_t* const client_;
  const Role role_;
};

// Calls `wake` from a library thread whenever `queue` gets its first event.
// `wake` must outlive the queue and be thread-safe.
void WakeOnEvents(rd_kafka_queue_t* queue, const std::function<void()>* wake);

}  // namespace millrace::kafka
