#include "connectors/kafka/client/client_handle.h"

#include <librdkafka/rdkafka.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/client/secret_reference.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Of syslog's levels, which the library uses.
constexpr int kWarning = 4;

using ConfPtr =
    std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

// Every property the library has, for suggestions; its list leaves out the
// names that are Java's.
std::vector<std::string> KnownProperties() {
  const ConfPtr conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  size_t count = 0;
  const char** dump = rd_kafka_conf_dump(conf.get(), &count);
  std::vector<std::string> names = {
      "acks", "compression.type", "delivery.timeout.ms", "linger.ms",
      "max.in.flight.requests.per.connection", "retries"};
  for (size_t i = 0; i < count; i += 2) names.emplace_back(dump[i]);
  rd_kafka_conf_dump_free(dump, count);
  return names;
}

absl::Status SetProperty(rd_kafka_conf_t* conf, const std::string& name,
                         const std::string& value) {
  char reason[512];
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason,
                            sizeof reason)) {
    case RD_KAFKA_CONF_OK: return absl::OkStatus();
    case RD_KAFKA_CONF_UNKNOWN: {
      const std::string nearest = NearestName(name, KnownProperties());
      return UserError(
          {.code = "SQL-0311",
           .what = absl::StrCat("'properties.", name,
                                "' is no property of a Kafka client"),
           .where = "connector 'kafka'",
           .why = "",
           .fix = nearest.empty() ? "" : absl::StrCat(
               "Did you mean 'properties.", nearest, "'?")});
    }
    case RD_KAFKA_CONF_INVALID: break;
  }
  return UserError({.code = "SQL-0312",
                    .what = absl::StrCat("'properties.", name, "' = '",
                                         Redacted(name, value),
                                         "' cannot be used"),
                    .where = "connector 'kafka'",
                    .why = Redacted(name, reason),
                    .fix = ""});
}

}  // namespace

absl::Status CheckProperty(const std::string& name, const std::string& value) {
  const ConfPtr conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  return SetProperty(conf.get(), name, value);
}

absl::StatusOr<std::unique_ptr<ClientHandle>> ClientHandle::Open(
    Role role, const ClientProperties& properties,
    const absl::btree_map<std::string, std::string>& defaults,
    void (*configure)(rd_kafka_conf_t*)) {
  ConfPtr conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  for (const auto& [name, value] : defaults) {
    RETURN_IF_ERROR(SetProperty(conf.get(), name, value));
  }
  for (const auto& [name, value] : properties.values) {
    ASSIGN_OR_RETURN(const std::string resolved, ResolveSecrets(name, value));
    RETURN_IF_ERROR(SetProperty(conf.get(), name, resolved));
  }
  auto trouble = std::make_unique<LastTrouble>();
  rd_kafka_conf_set_opaque(conf.get(), trouble.get());
  // The library prints nothing by itself.
  rd_kafka_conf_set_log_cb(
      conf.get(), [](const rd_kafka_t* client, int level, const char*,
                     const char* text) {
        if (level > kWarning) return;
        static_cast<LastTrouble*>(rd_kafka_opaque(client))->Set(text);
      });
  if (role == Role::kProducer) {
    rd_kafka_conf_set_events(conf.get(),
                             RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  }
  if (configure != nullptr) configure(conf.get());
  char reason[512];
  rd_kafka_t* client = rd_kafka_new(
      role == Role::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
      conf.get(), reason, sizeof reason);
  if (client == nullptr) {
    return UserError({.code = "SQL-0313",
                      .what = "no Kafka client can be made",
                      .where = "connector 'kafka'",
                      .why = reason,
                      .fix = "Check the table's 'properties.*' options."});
  }
  conf.release();  // The client owns it now.
  return std::make_unique<ClientHandle>(client, role, std::move(trouble));
}

ClientHandle::~ClientHandle() {
  if (role_ == Role::kConsumer) {
    // Without waiting for a group that was never joined.
    rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  } else {
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE |
                                RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_destroy(client_);
  }
}

std::string ClientHandle::cluster_id() const {
  char* const id = rd_kafka_clusterid(client_, /*timeout_ms=*/0);
  if (id == nullptr) return "";
  std::string result = id;
  rd_kafka_mem_free(client_, id);
  return result;
}

void NoticePartitionsThatGo(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_error_cb(
      conf, [](rd_kafka_t*, int error, const char* reason, void* opaque) {
        auto* const trouble = static_cast<LastTrouble*>(opaque);
        trouble->Set(reason);
        if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
            error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
            error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
          trouble->SetPartitionGone();
        }
      });
}

void WakeOnEvents(rd_kafka_queue_t* queue, const std::function<void()>* wake) {
  rd_kafka_queue_cb_event_enable(
      queue,
      [](rd_kafka_t*, void* opaque) {
        (*static_cast<const std::function<void()>*>(opaque))();
      },
      const_cast<std::function<void()>*>(wake));
}

}  // namespace millrace::kafka
