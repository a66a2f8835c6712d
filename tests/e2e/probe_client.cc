#include "tests/e2e/probe_client.h"

#include <cstdio>
#include <cstdlib>

namespace millrace::e2e {

void Fail(const std::string& why) {
  std::fprintf(stderr, "kafka_probe: %s\n", why.c_str());
  std::_Exit(1);
}

void Check(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(rd_kafka_err2str(error));
}

Client OpenClient(rd_kafka_type_t type, const std::string& brokers,
                  const Properties& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char reason[512];
  const auto set = [&](const char* name, const char* value) {
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) !=
        RD_KAFKA_CONF_OK) {
      Fail(reason);
    }
  };
  set("bootstrap.servers", brokers.c_str());
  for (const auto& [name, value] : properties) set(name, value);
  rd_kafka_t* client = rd_kafka_new(type, conf, reason, sizeof reason);
  if (client == nullptr) Fail(reason);
  return Client(client, rd_kafka_destroy);
}

}  // namespace millrace::e2e
