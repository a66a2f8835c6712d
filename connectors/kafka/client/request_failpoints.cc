#include "connectors/kafka/client/request_failpoints.h"

#include <librdkafka/rdkafka.h>

#include "runtime/base/failpoint.h"

namespace millrace::kafka {
namespace {

constexpr char kName[] = "failpoints";

struct Points {
  int16_t api_key;  // In Kafka's protocol.
  absl::string_view sent;
  absl::string_view answered;
};

constexpr Points kPoints[] = {
    {0, "kafka.produce.sent", "kafka.produce.answered"},
    {22, "kafka.init_producer_id.sent", "kafka.init_producer_id.answered"},
    {24, "kafka.add_partitions.sent", "kafka.add_partitions.answered"},
    {26, "kafka.end_txn.sent", "kafka.end_txn.answered"},
};

rd_kafka_resp_err_t OnSent(rd_kafka_t*, int, const char*, int32_t,
                           int16_t api_key, int16_t, int32_t, size_t, void*) {
  for (const Points& points : kPoints) {
    if (points.api_key == api_key) Failpoint(points.sent).IgnoreError();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t OnAnswered(rd_kafka_t*, int, const char*, int32_t,
                               int16_t api_key, int16_t, int32_t, size_t,
                               int64_t, rd_kafka_resp_err_t, void*) {
  for (const Points& points : kPoints) {
    if (points.api_key == api_key) Failpoint(points.answered).IgnoreError();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t*, void*,
                          char*, size_t) {
  rd_kafka_interceptor_add_on_request_sent(client, kName, OnSent, nullptr);
  return rd_kafka_interceptor_add_on_response_received(client, kName,
                                                       OnAnswered, nullptr);
}

}  // namespace

void InstallRequestFailpoints(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, kName, OnNew, nullptr);
}

}  // namespace millrace::kafka
