#include "connectors/kafka/client/client_properties.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "connectors/kafka/client/client_handle.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Same meaning, another name.
constexpr std::pair<absl::string_view, absl::string_view> kRenamed[] = {
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.keystore.key", "ssl.key.pem"},
    {"buffer.memory", "queue.buffering.max.kbytes"},
    {"max.partition.fetch.bytes", "fetch.message.max.bytes"},
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"max.request.size", "message.max.bytes"},
    {"max.in.flight.requests.per.connection", "max.in.flight"},
};

// Only Java's client has them; a job runs the same without.
constexpr absl::string_view kJavaOnly[] = {
    "max.poll.records", "key.deserializer", "value.deserializer",
    "key.serializer", "value.serializer", "interceptor.classes",
    "partition.assignment.strategy", "metric.reporters",
    "metrics.recording.level", "metrics.num.samples",
    "metrics.sample.window.ms", "receive.buffer.bytes", "send.buffer.bytes",
    "default.api.timeout.ms", "request.timeout.ms", "client.dns.lookup",
    "exclude.internal.topics", "max.block.ms", "partitioner.class",
    "partition.discovery.interval.ms", "auto.commit.interval.ms",
    "enable.auto.commit", "client.id.prefix", "commit.offsets.on.checkpoint",
    "ssl.truststore.password", "security.providers", "ssl.protocol",
    "ssl.provider", "ssl.enabled.protocols", "sasl.login.class",
    "sasl.client.callback.handler.class", "register.consumer.metrics",
    "retry.backoff.max.ms", "sasl.login.callback.handler.class",
    "socket.connection.setup.timeout.max.ms", "transactional.id",
    "partitioner.adaptive.partitioning.enable", "partitioner.ignore.keys",
    "partitioner.availability.timeout.ms", "group.protocol",
};

absl::Status Refuse(absl::string_view key, std::string why, std::string fix) {
  return UserError({.code = "SQL-0310",
                    .what = absl::StrCat("'properties.", key,
                                         "' cannot be used"),
                    .where = "connector 'kafka'",
                    .why = std::move(why),
                    .fix = std::move(fix)});
}

// The value of `name="..."` or `name=...` in a JAAS line.
std::string JaasField(absl::string_view line, absl::string_view name) {
  const size_t at = line.find(absl::StrCat(name, "="));
  if (at == absl::string_view::npos) return "";
  absl::string_view rest = line.substr(at + name.size() + 1);
  const char quote = rest.empty() ? ' ' : rest[0];
  if (quote == '"' || quote == '\'') {
    rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find(quote)));
  }
  return std::string(rest.substr(0, rest.find_first_of(" ;")));
}

absl::Status TranslateJaas(absl::string_view line, ClientProperties& result) {
  if (!absl::StrContains(line, "PlainLoginModule") &&
      !absl::StrContains(line, "ScramLoginModule")) {
    return Refuse("sasl.jaas.config",
                  "only PlainLoginModule and ScramLoginModule have an equal "
                  "here",
                  "For Kerberos or OAuth set librdkafka's own "
                  "properties.sasl.* instead.");
  }
  const std::string user = JaasField(line, "username");
  if (user.empty()) {
    return Refuse("sasl.jaas.config", "it names no username",
                  "Write ... required username=\"USER\" password=\"SECRET\";");
  }
  result.values["sasl.username"] = user;
  result.values["sasl.password"] = JaasField(line, "password");
  return absl::OkStatus();
}

absl::Status RefuseJks(absl::string_view key, absl::string_view path) {
  return Refuse(
      key, "JKS stores can be read by Java only",
      absl::StrCat("Convert it once: keytool -importkeystore -srckeystore ",
                   path, " -destkeystore store.p12 -deststoretype PKCS12; "
                   "then set the type to PKCS12 and the new path."));
}

// ssl.keystore.* and ssl.truststore.*: the type decides what the path means.
absl::Status TranslateStore(absl::string_view store,
                            const TableOptions& properties,
                            ClientProperties& result) {
  const auto get = [&](absl::string_view suffix) {
    const auto found =
        properties.find(absl::StrCat("ssl.", store, ".", suffix));
    return found == properties.end() ? std::string() : found->second;
  };
  const std::string path = get("location");
  if (path.empty()) return absl::OkStatus();
  const std::string location = absl::StrCat("ssl.", store, ".location");
  std::string type = absl::AsciiStrToUpper(get("type"));
  if (type.empty()) {
    type = absl::EndsWith(path, ".pem") || absl::EndsWith(path, ".crt")
               ? "PEM"
               : (absl::EndsWith(path, ".p12") ? "PKCS12" : "JKS");
  }
  if (type == "JKS") return RefuseJks(location, path);
  if (store == "truststore") {
    if (type != "PEM") {
      return Refuse(location, "a trust store must be PEM",
                    absl::StrCat("Convert it: openssl pkcs12 -in ", path,
                                 " -nokeys -out ca.pem"));
    }
    result.values["ssl.ca.location"] = path;
  } else if (type == "PEM") {
    result.values["ssl.certificate.location"] = path;
    result.values["ssl.key.location"] = path;
  } else {
    result.values["ssl.keystore.location"] = path;
    result.values["ssl.keystore.password"] = get("password");
  }
  return absl::OkStatus();
}

bool IsStoreKey(absl::string_view key) {
  for (const absl::string_view store : {"keystore", "truststore"}) {
    for (const absl::string_view part : {"location", "type", "password"}) {
      if (key == absl::StrCat("ssl.", store, ".", part)) return true;
    }
  }
  return false;
}

bool IsJavaOnly(absl::string_view key) {
  for (const absl::string_view known : kJavaOnly) {
    if (known == key) return true;
  }
  return false;
}

absl::string_view Renamed(absl::string_view key) {
  for (const auto& [from, to] : kRenamed) {
    if (from == key) return to;
  }
  return key;
}

absl::Status TranslateOne(const std::string& key, const std::string& value,
                          ClientProperties& result) {
  if (key == "sasl.jaas.config") return TranslateJaas(value, result);
  if (IsStoreKey(key)) return absl::OkStatus();
  if (key == "ssl.key.password") {
    result.values["ssl.key.password"] = value;
    return absl::OkStatus();
  }
  if (IsJavaOnly(key)) {
    result.notices.push_back(absl::StrCat(
        "'properties.", key, "' has no effect: only Java's client has it"));
    return absl::OkStatus();
  }
  const std::string name(Renamed(key));
  std::string translated = value;
  if (name == "queue.buffering.max.kbytes" && key == "buffer.memory") {
    ASSIGN_OR_RETURN(const int64_t bytes, ParseSizeBytes(value));
    translated = absl::StrCat(std::max<int64_t>(bytes / 1024, 1));
  } else if (key == "ssl.endpoint.identification.algorithm" && value.empty()) {
    translated = "none";
  } else if (key == "auto.offset.reset" && value == "none") {
    translated = "error";
  }
  RETURN_IF_ERROR(CheckProperty(name, translated));
  result.values[name] = translated;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClientProperties> TranslateProperties(
    const TableOptions& properties) {
  ClientProperties result;
  for (const auto& [key, value] : properties) {
    RETURN_IF_ERROR(TranslateOne(key, value, result));
  }
  for (const absl::string_view store : {"keystore", "truststore"}) {
    RETURN_IF_ERROR(TranslateStore(store, properties, result));
  }
  return result;
}

std::string Redacted(absl::string_view key, absl::string_view value) {
  for (const absl::string_view secret :
       {"password", "jaas", "secret", "token", ".key", "pem"}) {
    if (absl::StrContains(key, secret)) return "***";
  }
  return std::string(value);
}

}  // namespace millrace::kafka
