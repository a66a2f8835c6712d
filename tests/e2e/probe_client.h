#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::e2e {

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Properties = std::vector<std::pair<const char*, const char*>>;

// Ends the program with status 1 and `why`.
[[noreturn]] void Fail(const std::string& why);
// Fails unless `error` is none.
void Check(rd_kafka_resp_err_t error);

Client OpenClient(rd_kafka_type_t type, const std::string& brokers,
                  const Properties& properties);

}  // namespace millrace::e2e
