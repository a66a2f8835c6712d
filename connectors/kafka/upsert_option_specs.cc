#include <algorithm>
#include <array>

#include "connectors/kafka/kafka_settings.h"

namespace millrace::kafka {

const std::vector<OptionSpec>& UpsertKafkaOptionSpecs() {
  // A changelog has one format each, its keys are the table's, and it is read
  // whole.
  static constexpr std::array<absl::string_view, 6> kNotOfUpserts = {
      "format", "key.fields", "topic-pattern", "sink.partitioner",
      "scan.startup.timestamp-millis", "scan.startup.specific-offsets"};
  static const auto* const specs = [] {
    auto* const list = new std::vector<OptionSpec>;
    for (OptionSpec spec : KafkaOptionSpecs()) {
      if (std::find(kNotOfUpserts.begin(), kNotOfUpserts.end(), spec.key) !=
          kNotOfUpserts.end()) {
        continue;
      }
      if (spec.key == "connector") {
        spec.default_value = kUpsertConnector;
        spec.description = "'upsert-kafka'.";
      } else if (spec.key == "scan.startup.mode") {
        spec.default_value = "earliest-offset";
        spec.description = "earliest-offset: a changelog is read whole.";
      }
      list->push_back(std::move(spec));
    }
    list->push_back({"sink.buffer-flush.max-rows", "0", false,
                     "Rows kept back to send only the last of each key; 0 = "
                     "none. Needs the interval too."});
    list->push_back({"sink.buffer-flush.interval", "0", false,
                     "How long rows are kept back at most. Needs the rows "
                     "too."});
    return list;
  }();
  return *specs;
}

}  // namespace millrace::kafka
