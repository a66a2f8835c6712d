#include "connectors/kafka/exactly_once/sink_errors.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace::kafka {

absl::Status SinkErrors::NobodyThere(absl::string_view why) const {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SNK-0302",
       .what = "no Kafka broker answers",
       .where = absl::StrCat("table '", table_, "', brokers ", brokers_),
       .why = std::string(why),
       .fix = "Check that the brokers run and that "
              "'properties.bootstrap.servers' and the security properties are "
              "right."});
}

absl::Status SinkErrors::CommitsTopicCannotBeMade(absl::string_view topic,
                                                  int partitions,
                                                  std::string why) const {
  return UserError(
      {.code = "SNK-0304",
       .what = absl::StrCat("the topic '", topic, "' with ", partitions,
                            " partitions cannot be made"),
       .where = absl::StrCat("table '", table_, "'"),
       .why = std::move(why),
       .fix = absl::StrCat(
           "Make it: kafka-topics.sh --bootstrap-server ", brokers_,
           " --create --topic ", topic, " --partitions ", partitions,
           " --replication-factor 3 --config cleanup.policy=compact --config "
           "min.insync.replicas=2 (or, where it is too small, --alter --topic ",
           topic, " --partitions ", partitions, ").")});
}

absl::Status SinkErrors::Fenced(absl::string_view id,
                                absl::string_view other) const {
  return UserError(
      {.code = "SNK-0305",
       .what = absl::StrCat("another writer uses the transactional id '", id,
                            "'"),
       .where = absl::StrCat("table '", table_, "'"),
       .why = other.empty()
                  ? "Kafka gave the id to somebody else again and again"
                  : absl::StrCat("Kafka gave the id to somebody else again and "
                                 "again; job ",
                                 other, " wrote with it last"),
       .fix = "Stop the other job, or give each of them a "
              "'sink.transactional-id-prefix' (or 'pipeline.name') of its "
              "own."});
}

absl::Status SinkErrors::MarkerLost(absl::string_view id,
                                    absl::string_view topic, int partition,
                                    std::string why) const {
  return UserError(
      {.code = "SNK-0306",
       .what = "Kafka does not know any more how far the output came",
       .where = absl::StrCat("table '", table_, "', topic ", topic,
                             ", partition ", partition, ", key '", id, "'"),
       .why = std::move(why),
       .fix = "Look whether the topic was deleted, restored or is another "
              "cluster's. To go on, run the job once with "
              "'sink.on-marker-loss' = 'replay' (what waits is written, maybe "
              "a second time) or 'skip' (it is left out, maybe lost)."});
}

absl::Status SinkErrors::Refused(absl::string_view step, absl::string_view id,
                                 std::string why) const {
  return UserError(
      {.code = "SNK-0308",
       .what = absl::StrCat("Kafka refuses to ", step),
       .where = absl::StrCat("table '", table_, "', transactional id '", id,
                             "'"),
       .why = std::move(why),
       .fix = "The principal needs WRITE on the transactional id (prefixed), "
              "on the table's topic and on the commits topic, and READ on the "
              "latter: kafka-acls.sh --add --allow-principal User:NAME "
              "--operation Write --transactional-id PREFIX "
              "--resource-pattern-type prefixed."});
}

}  // namespace millrace::kafka
