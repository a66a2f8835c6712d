#include "connectors/kafka/not_allowed.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

std::string PropertyOf(const ClientHandle& client, const char* name) {
  char value[512];
  size_t size = sizeof value;
  const rd_kafka_conf_t* conf = rd_kafka_conf(client.get());
  if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK) {
    return "";
  }
  return value;
}

std::string UserOf(const ClientHandle& client) {
  const std::string user = PropertyOf(client, "sasl.username");
  if (!user.empty()) return user;
  // Who a client of TLS is stands in its certificate, which the library alone
  // reads.
  const bool has_certificate =
      !PropertyOf(client, "ssl.certificate.location").empty() ||
      !PropertyOf(client, "ssl.keystore.location").empty() ||
      !PropertyOf(client, "ssl.certificate.pem").empty();
  return has_certificate ? "<the certificate's subject>" : "ANONYMOUS";
}

}  // namespace

absl::Status NotAllowed(const ClientHandle& client, const std::string& topic,
                        std::string where, int why) {
  const std::string principal = absl::StrCat("User:", UserOf(client));
  const bool group = why == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
  const std::string resource =
      group ? absl::StrCat("--group ", PropertyOf(client, "group.id"))
            : absl::StrCat("--topic ", topic);
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SRC-0306",
       .what = absl::StrCat("the brokers do not let ", principal, " read"),
       .where = std::move(where),
       .why = rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(why)),
       .fix = absl::StrCat("Grant READ and DESCRIBE: kafka-acls.sh "
                           "--bootstrap-server ",
                           PropertyOf(client, "bootstrap.servers"),
                           " --add --allow-principal ", principal,
                           " --operation Read --operation Describe ", resource,
                           "; the job goes on by itself.")});
}

}  // namespace millrace::kafka
