#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"

namespace millrace::kafka {

// What an exactly-once sink asks of Kafka, and what it is answered. Requests
// are the steps of the protocol, one by one, so that anything may go wrong
// between any two of them; what follows from an answer is decided by
// EpochSender alone.
namespace session {

// Looks at topics and the settings that decide over the protocol. The first of
// them is made where brokers make topics that are asked for, no other. May come
// before Init.
struct Describe {
  std::vector<std::string> topics;
};

// Makes the topic, compacted, or gives it more partitions. OK also where
// somebody else did so meanwhile. May come before Init.
struct MakeTopic {
  std::string name;
  int32_t partitions = 1;
};

// Shuts out every earlier session of the transactional id; after kOk each of
// their transactions is decided for ever. Asked until it says so, once.
struct Init {};

// One transaction with one record: `nonce` under `key`.
struct CommitNonce {
  std::string topic;
  int32_t partition = 0;
  std::string key;
  std::string nonce;
};

// Reads committed records from `from_offset` (the begin where it is negative)
// up to the one of `nonce_key` whose value is `nonce`, never less far.
struct ReadMarkers {
  std::string topic;
  int32_t partition = 0;
  int64_t from_offset = -1;
  std::string key;  // Of the markers.
  std::string nonce_key;
  std::string nonce;
};

// Begins a transaction and sends all records of the chunk; answered when every
// one of them is delivered.
struct SendChunk {
  std::shared_ptr<const SealedChunk> chunk;
};

// Sends the marker, in the transaction that SendChunk began; answered when it
// is delivered.
struct SendMarker {
  std::string topic;
  int32_t partition = 0;
  std::string key;
  std::string value;
};

// Commits that transaction.
struct Commit {};

using Request = std::variant<Describe, MakeTopic, Init, CommitNonce,
                             ReadMarkers, SendChunk, SendMarker, Commit>;

enum class Outcome {
  kOk,         // Done.
  kSuspect,    // Done; but a request of it may be under way a second time.
  kRetriable,  // Not done, nothing is in doubt: ask again, of this session.
  kFenced,     // A later session of this transactional id exists.
  kUnknown,    // May have been done, or be done later.
  kRefused     // Will not be done before somebody changes what `why` says.
};

struct TopicFacts {
  std::string name;
  bool exists = false;
  int32_t partitions = 0;
  int32_t replicas = 0;  // Of the partition that has the fewest.
  // By Kafka's names: cleanup.policy, min.insync.replicas,
  // unclean.leader.election.enable, max.message.bytes. Empty: may not be read.
  absl::btree_map<std::string, std::string> config = {};

  friend bool operator==(const TopicFacts&, const TopicFacts&) = default;
};

struct Answer {
  Outcome outcome = Outcome::kOk;
  std::string why = "";  // In Kafka's words, where it is not kOk.
  // kRefused: a smaller batch, or record, may be taken.
  bool is_too_large = false;

  // Describe.
  std::vector<TopicFacts> topics = {};  // As asked.
  absl::btree_map<std::string, std::string> broker_config = {};
  // SendMarker, CommitNonce: where it lies; -1: the broker did not say.
  // ReadMarkers: of `marker`.
  int64_t offset = -1;
  // ReadMarkers: the newest record of the key before the nonce.
  std::optional<std::string> marker = {};
  // ReadMarkers: there is no such place as `from_offset` in the partition.
  bool is_out_of_range = false;
};

}  // namespace session

// A conversation with Kafka under one transactional id: one producer, made once
// and thrown away when anything is in doubt. (A rd_kafka_t; a model of one in a
// simulation.)
//
// One request at a time; never blocks. Destroying it asks nothing more, gives
// no answer to what is under way, and leaves an open transaction as it is: the
// next session's Init decides it. A request under way may still happen.
class KafkaSession {
 public:
  // Called once for each request, from any thread, also within Ask.
  using Done = std::function<void(session::Answer)>;

  virtual ~KafkaSession() = default;

  // Begins when `wait` has passed. REQUIRES: the one before was answered.
  virtual void Ask(session::Request request, absl::Duration wait,
                   Done done) = 0;
};

struct SessionOptions {
  // Fewer batches cost less; a topic takes 1 MiB unless it was told otherwise.
  static constexpr int64_t kBatchBytes = 512 << 10;

  // What a client keeps that is not sent yet, and so the largest record.
  static constexpr int64_t kQueueBytes = 32 << 20;

  std::string transactional_id;
  absl::Duration transaction_timeout = absl::Seconds(60);
  // So many bytes of records at most are put together, whatever the properties
  // say: the broker refuses a batch that is larger than its topic takes.
  int64_t batch_bytes = kBatchBytes;
  // Of the table, without "properties.": bootstrap.servers and the rest.
  absl::btree_map<std::string, std::string> properties;
};

// Where sessions come from. Thread-safe.
class KafkaPort {
 public:
  virtual ~KafkaPort() = default;
  // Does not wait for a broker. An error is one of the properties.
  virtual absl::StatusOr<std::unique_ptr<KafkaSession>> Open(
      const SessionOptions& options) = 0;
};

}  // namespace millrace::kafka
