// A Kafka client for tests, so that they see a topic through other eyes than
// Millrace's.
//
//   millrace_kafka_probe BROKERS create TOPIC PARTITIONS [KEY=VALUE ...]
//   millrace_kafka_probe BROKERS grow TOPIC PARTITIONS
//   millrace_kafka_probe BROKERS delete TOPIC
//   millrace_kafka_probe BROKERS expire TOPIC PARTITION OFFSET
//     records before that offset are gone.
//   millrace_kafka_probe BROKERS grant|revoke PRINCIPAL KIND NAME OPERATION
//     KIND is topic or group; OPERATION all, read, write, describe, create or
//     describe-configs.
//   millrace_kafka_probe BROKERS commit GROUP TOPIC PARTITION OFFSET
//   millrace_kafka_probe BROKERS produce TOPIC
//     standard input, a record a line: PARTITION, TIME, KEY and VALUE between
//     tabs. PARTITION - lets the key decide, TIME - is now, \N is no key or no
//     value. Bytes are taken as they are.
//   millrace_kafka_probe BROKERS consume TOPIC
//     what is there, a record a line: PARTITION, OFFSET, TIME, KEY, VALUE.
//   millrace_kafka_probe BROKERS digest TOPIC
//     how many records there are, and the sum of a hash of each value.
//   millrace_kafka_probe BROKERS pace IN OUT RATE SECONDS
//     see kafka_pace.h
//
// Exit status 0, or 1 with what went wrong on standard error.
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "tests/e2e/kafka_pace.h"
#include "tests/e2e/probe_client.h"

namespace millrace::e2e {
namespace {

constexpr int kTimeoutMs = 15'000;
constexpr int kAsTheBrokersSay = -1;  // How many replicas.

// Runs one administrative request and waits for its answer.
template <typename Ask>
void Administer(const std::string& brokers, Ask ask) {
  Client client = OpenClient(RD_KAFKA_PRODUCER, brokers, {});
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  ask(client.get(), queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
  if (event == nullptr) Fail("no answer");
  if (rd_kafka_event_error(event)) Fail(rd_kafka_event_error_string(event));
  size_t count = 0;
  const rd_kafka_topic_result_t** results = nullptr;
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
      results = rd_kafka_CreateTopics_result_topics(
          rd_kafka_event_CreateTopics_result(event), &count);
      break;
    case RD_KAFKA_EVENT_DELETETOPICS_RESULT:
      results = rd_kafka_DeleteTopics_result_topics(
          rd_kafka_event_DeleteTopics_result(event), &count);
      break;
    default:
      results = rd_kafka_CreatePartitions_result_topics(
          rd_kafka_event_CreatePartitions_result(event), &count);
  }
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i])) {
      Fail(rd_kafka_topic_result_error_string(results[i]));
    }
  }
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
}

void Create(const std::string& brokers, const std::vector<std::string>& args) {
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
      args[0].c_str(), std::stoi(args[1]), kAsTheBrokersSay, nullptr, 0);
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t equals = args[i].find('=');
    rd_kafka_NewTopic_set_config(topic, args[i].substr(0, equals).c_str(),
                                 args[i].substr(equals + 1).c_str());
  }
  Administer(brokers, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
  });
}

void Grow(const std::string& brokers, const std::vector<std::string>& args) {
  char reason[256];
  rd_kafka_NewPartitions_t* more = rd_kafka_NewPartitions_new(
      args[0].c_str(), std::stoi(args[1]), reason, sizeof reason);
  if (more == nullptr) Fail(reason);
  Administer(brokers, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(client, &more, 1, nullptr, queue);
  });
}

void Delete(const std::string& brokers, const std::vector<std::string>& args) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(args[0].c_str());
  Administer(brokers, [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue);
  });
}

// Waits for the answer to a request that has been sent; `error_of` finds what
// went wrong with its one part.
template <typename ErrorOf>
void Await(rd_kafka_queue_t* queue, ErrorOf error_of) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
  if (event == nullptr) Fail("no answer");
  if (rd_kafka_event_error(event)) Fail(rd_kafka_event_error_string(event));
  Check(error_of(event));
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
}

void Expire(const std::string& brokers, const std::vector<std::string>& args) {
  Client client = OpenClient(RD_KAFKA_PRODUCER, brokers, {});
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, args[0].c_str(), std::stoi(args[1]))
      ->offset = std::stoll(args[2]);
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
  rd_kafka_DeleteRecords(client.get(), &records, 1, nullptr, queue);
  rd_kafka_topic_partition_list_destroy(list);
  Await(queue, [](rd_kafka_event_t* event) {
    return rd_kafka_DeleteRecords_result_offsets(
               rd_kafka_event_DeleteRecords_result(event))
        ->elems[0]
        .err;
  });
  rd_kafka_DeleteRecords_destroy(records);
}

rd_kafka_ResourceType_t KindOf(const std::string& name) {
  if (name == "topic") return RD_KAFKA_RESOURCE_TOPIC;
  if (name == "group") return RD_KAFKA_RESOURCE_GROUP;
  Fail("no such kind of resource: " + name);
}

rd_kafka_AclOperation_t OperationOf(const std::string& name) {
  if (name == "all") return RD_KAFKA_ACL_OPERATION_ALL;
  if (name == "read") return RD_KAFKA_ACL_OPERATION_READ;
  if (name == "write") return RD_KAFKA_ACL_OPERATION_WRITE;
  if (name == "describe") return RD_KAFKA_ACL_OPERATION_DESCRIBE;
  if (name == "create") return RD_KAFKA_ACL_OPERATION_CREATE;
  if (name == "describe-configs") {
    return RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS;
  }
  Fail("no such operation: " + name);
}

void Grant(const std::string& brokers, const std::vector<std::string>& args) {
  Client client = OpenClient(RD_KAFKA_PRODUCER, brokers, {});
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  char reason[256];
  rd_kafka_AclBinding_t* acl = rd_kafka_AclBinding_new(
      KindOf(args[1]), args[2].c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL,
      args[0].c_str(), "*", OperationOf(args[3]),
      RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, reason, sizeof reason);
  if (acl == nullptr) Fail(reason);
  rd_kafka_CreateAcls(client.get(), &acl, 1, nullptr, queue);
  Await(queue, [](rd_kafka_event_t* event) {
    size_t count = 0;
    const auto** results = rd_kafka_CreateAcls_result_acls(
        rd_kafka_event_CreateAcls_result(event), &count);
    return rd_kafka_error_code(rd_kafka_acl_result_error(results[0]));
  });
  rd_kafka_AclBinding_destroy(acl);
}

void Revoke(const std::string& brokers, const std::vector<std::string>& args) {
  Client client = OpenClient(RD_KAFKA_PRODUCER, brokers, {});
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  char reason[256];
  rd_kafka_AclBindingFilter_t* acl = rd_kafka_AclBindingFilter_new(
      KindOf(args[1]), args[2].c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL,
      args[0].c_str(), "*", OperationOf(args[3]),
      RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, reason, sizeof reason);
  if (acl == nullptr) Fail(reason);
  rd_kafka_DeleteAcls(client.get(), &acl, 1, nullptr, queue);
  Await(queue, [](rd_kafka_event_t* event) {
    size_t count = 0;
    const auto** results = rd_kafka_DeleteAcls_result_responses(
        rd_kafka_event_DeleteAcls_result(event), &count);
    return rd_kafka_error_code(
        rd_kafka_DeleteAcls_result_response_error(results[0]));
  });
  rd_kafka_AclBinding_destroy(acl);
}

void Commit(const std::string& brokers, const std::vector<std::string>& args) {
  Client client =
      OpenClient(RD_KAFKA_CONSUMER, brokers, {{"group.id", args[0].c_str()}});
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, args[1].c_str(), std::stoi(args[2]))
      ->offset = std::stoll(args[3]);
  Check(rd_kafka_commit(client.get(), list, /*async=*/0));
  rd_kafka_topic_partition_list_destroy(list);
}

void Produce(const std::string& brokers, const std::vector<std::string>& args) {
  Client client =
      OpenClient(RD_KAFKA_PRODUCER, brokers,
                 {{"enable.idempotence", "true"},
                  {"message.max.bytes", "33554432"},
                  {"queue.buffering.max.kbytes", "262144"},
                  {"partitioner", "murmur2_random"},
                  {"linger.ms", "5"}});
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string fields[3];
    size_t from = 0;
    for (std::string& field : fields) {
      const size_t tab = line.find('\t', from);
      if (tab == std::string::npos) Fail("a line has no four fields");
      field = line.substr(from, tab - from);
      from = tab + 1;
    }
    const std::string value = line.substr(from);
    const std::string& key = fields[2];
    const int32_t partition = fields[0] == "-" ? RD_KAFKA_PARTITION_UA
                                               : std::stoi(fields[0]);
    const int64_t time = fields[1] == "-" ? 0 : std::stoll(fields[1]);
    const bool has_key = key != "\\N";
    const bool has_value = value != "\\N";
    void* bytes = has_value ? const_cast<char*>(value.data()) : nullptr;
    const void* key_bytes = has_key ? key.data() : nullptr;
    const size_t key_size = has_key ? key.size() : 0;
    const size_t size = has_value ? value.size() : 0;
    rd_kafka_resp_err_t error;
    do {
      error = rd_kafka_producev(
          client.get(), RD_KAFKA_V_TOPIC(args[0].c_str()),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_TIMESTAMP(time),
          RD_KAFKA_V_KEY(key_bytes, key_size), RD_KAFKA_V_VALUE(bytes, size),
          RD_KAFKA_V_END);
      rd_kafka_poll(client.get(),
                    error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 10 : 0);
    } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    Check(error);
  }
  Check(rd_kafka_flush(client.get(), kTimeoutMs));
}

using Visit = std::function<void(const rd_kafka_message_t&)>;

// Visits a partition's records up to the end that it has now.
void VisitPartition(rd_kafka_t* client, const std::string& topic,
                    int32_t partition, const Visit& visit) {
  int64_t low, high;
  Check(rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low,
                                         &high, kTimeoutMs));
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
      low;
  Check(rd_kafka_assign(client, list));
  rd_kafka_topic_partition_list_destroy(list);
  for (int64_t next = low; next < high;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, kTimeoutMs);
    if (message == nullptr) Fail("no record came");
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      visit(*message);
      next = message->offset + 1;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      next = message->offset;
    }
    rd_kafka_message_destroy(message);
  }
}

void VisitTopic(const std::string& brokers, const std::string& topic,
                const Visit& visit) {
  Client client = OpenClient(RD_KAFKA_CONSUMER, brokers,
                             {{"group.id", "probe"},
                              {"enable.auto.commit", "false"},
                              // An end is told by a fetch that finds nothing.
                              {"fetch.wait.max.ms", "10"},
                              {"enable.partition.eof", "true"}});
  rd_kafka_topic_t* handle =
      rd_kafka_topic_new(client.get(), topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata;
  Check(rd_kafka_metadata(client.get(), 0, handle, &metadata, kTimeoutMs));
  const int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  for (int i = 0; i < count; ++i) {
    VisitPartition(client.get(), topic, i, visit);
  }
}

void Print(const void* data, size_t size, char end) {
  if (data == nullptr) {
    std::fputs("\\N", stdout);
  } else {
    std::fwrite(data, 1, size, stdout);
  }
  std::fputc(end, stdout);
}

void Consume(const std::string& brokers, const std::vector<std::string>& args) {
  VisitTopic(brokers, args[0], [](const rd_kafka_message_t& message) {
    std::printf("%d\t%lld\t%lld\t", message.partition,
                static_cast<long long>(message.offset),
                static_cast<long long>(
                    rd_kafka_message_timestamp(&message, nullptr)));
    Print(message.key, message.key_len, '\t');
    Print(message.payload, message.len, '\n');
  });
}

void Digest(const std::string& brokers, const std::vector<std::string>& args) {
  uint64_t count = 0;
  uint64_t sum = 0;
  VisitTopic(brokers, args[0], [&](const rd_kafka_message_t& message) {
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a.
    for (size_t i = 0; i < message.len; ++i) {
      hash ^= static_cast<const uint8_t*>(message.payload)[i];
      hash *= 0x100000001b3;
    }
    ++count;
    sum += hash;
  });
  std::printf("%llu %016llx\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(sum));
}

int Run(int argc, char** argv) {
  const struct {
    const char* verb;
    size_t arguments;
    void (*run)(const std::string&, const std::vector<std::string>&);
  } kVerbs[] = {{"create", 2, Create}, {"grow", 2, Grow},
                {"delete", 1, Delete}, {"commit", 4, Commit},
                {"expire", 3, Expire}, {"grant", 4, Grant},
                {"revoke", 4, Revoke},
                {"produce", 1, Produce}, {"consume", 1, Consume},
                {"digest", 1, Digest},   {"pace", 4, Pace}};
  for (const auto& verb : kVerbs) {
    if (argc < 3 || argv[2] != std::string(verb.verb)) continue;
    const std::vector<std::string> arguments(argv + 3, argv + argc);
    if (arguments.size() < verb.arguments) break;
    verb.run(argv[1], arguments);
    return 0;
  }
  std::fputs("usage: see the head of tests/e2e/kafka_probe.cc\n", stderr);
  return 1;
}

}  // namespace
}  // namespace millrace::e2e

int main(int argc, char** argv) { return millrace::e2e::Run(argc, argv); }
