#include "connectors/kafka/record_limit.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

constexpr int64_t kBatchOverheadBytes = 128;
constexpr size_t kShownOfKey = 64;

// A number of a property or setting; nothing where there is none.
template <typename Map>
int64_t NumberOf(const Map& map, const char* name) {
  const auto found = map.find(name);
  int64_t number = 0;
  return found != map.end() && absl::SimpleAtoi(found->second, &number)
             ? number
             : 0;
}

}  // namespace

RecordLimit::RecordLimit(const KafkaSettings& settings,
                         const session::TopicFacts& topic)
    : topic_(settings.topics.front()),
      brokers_(settings.properties.values.at("bootstrap.servers")) {
  const auto& properties = settings.properties.values;
  Lower(NumberOf(properties, "message.max.bytes"),
        "'properties.message.max.bytes' of the table");
  Lower(NumberOf(properties, "queue.buffering.max.kbytes") * 1024,
        "'properties.queue.buffering.max.kbytes' of the table");
  const int64_t topics = NumberOf(topic.config, "max.message.bytes");
  if (topics > 0) {
    is_topics_ = topics < bytes_;
    Lower(topics, "max.message.bytes of the topic");
  } else if (!properties.contains("message.max.bytes")) {
    is_guessed_ = kDefaultBytes < bytes_;
    Lower(kDefaultBytes,
          "Kafka's default, for the topic's settings may not be read");
  }
}

void RecordLimit::Lower(int64_t bytes, std::string whose) {
  if (bytes <= 0 || bytes >= bytes_) return;
  bytes_ = bytes;
  whose_ = std::move(whose);
}

int64_t RecordLimit::SizeOf(const OutputRecord& record) {
  return kBatchOverheadBytes +
         static_cast<int64_t>(record.key.value_or("").size() +
                              record.value.value_or("").size() +
                              record.headers.size());
}

CommittingWriter::Refused RecordLimit::Refuse(
    const std::string& table, const OutputRecord& record) const {
  const absl::string_view key = record.key.value_or("");
  const std::string where = absl::StrCat(
      "topic ", topic_,
      record.key ? absl::StrCat(", key '",
                                absl::CHexEscape(key.substr(0, kShownOfKey)),
                                key.size() > kShownOfKey ? "..." : "", "'")
                 : "");
  const int64_t size = SizeOf(record);
  return {.raw = std::string(record.value.value_or("")),
          .where = where,
          .error = UserError(
              {.code = "SNK-0303",
               .what = absl::StrCat("a record of ", size,
                                    " bytes is larger than Kafka takes"),
               .where = absl::StrCat("table '", table, "', ", where),
               .why = absl::StrCat("the limit is ", bytes_, ": ", whose_),
               .fix = FixFor(size)})};
}

std::string RecordLimit::FixFor(int64_t size) const {
  if (is_topics_) {
    return absl::StrCat(
        "Let it take more: kafka-configs.sh --bootstrap-server ", brokers_,
        " --alter --topic ", topic_, " --add-config max.message.bytes=",
        2 * size, ", or make the rows smaller.");
  }
  if (is_guessed_) {
    return "If the topic takes more, allow DESCRIBE_CONFIGS on it, or say how "
           "much in 'properties.message.max.bytes' of the table; else make the "
           "rows smaller.";
  }
  return "Make the rows smaller, or raise the limit where it is the table's.";
}

}  // namespace millrace::kafka
