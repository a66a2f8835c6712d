#include "connectors/kafka/exactly_once/sink_topics.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

using session::TopicFacts;

// What Kafka holds safe: two copies before an acknowledgement, one to spare.
constexpr int kReplicas = 3;
constexpr int kMinInSync = 2;

std::string Command(absl::string_view tool, const SinkTopics& topics,
                    absl::string_view rest) {
  return absl::StrCat(tool, " --bootstrap-server ", topics.brokers, " ", rest);
}

absl::Status Wrong(const SinkTopics& topics, std::string what, std::string why,
                   std::string fix,
                   absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  return MakeError(code, {.code = "SNK-0304",
                          .what = std::move(what),
                          .where = absl::StrCat("table '", topics.table, "'"),
                          .why = std::move(why),
                          .fix = std::move(fix)});
}

std::string ConfigOf(const TopicFacts& topic, const char* name) {
  const auto found = topic.config.find(name);
  return found == topic.config.end() ? "" : found->second;
}

std::string AlterTopic(const SinkTopics& topics, const TopicFacts& topic,
                       absl::string_view setting) {
  return Command("kafka-configs.sh", topics,
                 absl::StrCat("--alter --topic ", topic.name,
                              " --add-config ", setting));
}

absl::Status CheckOutput(const SinkTopics& topics, const TopicFacts& output) {
  if (output.exists) return absl::OkStatus();
  return Wrong(topics,
               absl::StrCat("the topic '", output.name, "' does not exist"), "",
               absl::StrCat("Make it: ",
                            Command("kafka-topics.sh", topics,
                                    absl::StrCat("--create --topic ",
                                                 output.name))),
               absl::StatusCode::kUnavailable);
}

absl::Status CheckCommits(const SinkTopics& topics, const TopicFacts& commits) {
  const std::string policy = ConfigOf(commits, "cleanup.policy");
  if (policy.empty() || policy == "compact") return absl::OkStatus();
  return Wrong(topics,
               absl::StrCat("the topic '", commits.name,
                            "' has cleanup.policy=", policy),
               "it tells what has been written, for ever, and must be "
               "compacted and nothing else",
               absl::StrCat("Set it: ",
                            AlterTopic(topics, commits,
                                       "cleanup.policy=compact")));
}

absl::Status CheckTimeout(const SinkTopics& topics,
                          const session::Answer& answer) {
  const auto found = answer.broker_config.find("transaction.max.timeout.ms");
  int64_t most_ms = 0;
  const int64_t asked_ms =
      absl::ToInt64Milliseconds(topics.transaction_timeout);
  if (found == answer.broker_config.end() ||
      !absl::SimpleAtoi(found->second, &most_ms) || asked_ms <= most_ms) {
    return absl::OkStatus();
  }
  return Wrong(topics,
               absl::StrCat("'properties.transaction.timeout.ms' = '", asked_ms,
                            "' is more than the brokers allow"),
               absl::StrCat("their transaction.max.timeout.ms is ", most_ms),
               absl::StrCat("Set it to '", most_ms,
                            "' or leave it out: nothing is lost however short "
                            "it is."));
}

void WarnOf(const SinkTopics& topics, const TopicFacts& topic,
            std::vector<std::string>& warnings) {
  if (!topic.exists) return;
  const auto warn = [&](const std::string& what, const std::string& command) {
    warnings.push_back(absl::StrCat("topic '", topic.name, "' ", what,
                                    ": brokers that die may lose what they "
                                    "acknowledged. Change it: ",
                                    command));
  };
  if (topic.replicas < kReplicas) {
    warn(absl::StrCat("has ", topic.replicas, topic.replicas == 1
                                                  ? " replica"
                                                  : " replicas"),
         Command("kafka-reassign-partitions.sh", topics, "..."));
  }
  int in_sync = 0;
  const std::string min_isr = ConfigOf(topic, "min.insync.replicas");
  if (topic.replicas >= kReplicas && absl::SimpleAtoi(min_isr, &in_sync) &&
      in_sync < kMinInSync) {
    warn(absl::StrCat("has min.insync.replicas=", min_isr),
         AlterTopic(topics, topic,
                    absl::StrCat("min.insync.replicas=", kMinInSync)));
  }
  if (ConfigOf(topic, "unclean.leader.election.enable") == "true") {
    warn("has unclean.leader.election.enable=true",
         AlterTopic(topics, topic, "unclean.leader.election.enable=false"));
  }
}

}  // namespace

TopicFindings CheckTopics(const SinkTopics& topics,
                          const session::Answer& answer) {
  TopicFindings findings;
  const TopicFacts& output = answer.topics[0];
  const TopicFacts& commits = answer.topics[1];
  findings.wrong = CheckOutput(topics, output);
  if (findings.wrong.ok()) findings.wrong = CheckTimeout(topics, answer);
  if (!findings.wrong.ok()) return findings;
  if (!commits.exists || commits.partitions < topics.partitions) {
    findings.make = {.name = topics.commits, .partitions = topics.partitions};
    return findings;
  }
  findings.wrong = CheckCommits(topics, commits);
  WarnOf(topics, output, findings.warnings);
  WarnOf(topics, commits, findings.warnings);
  return findings;
}

}  // namespace millrace::kafka
