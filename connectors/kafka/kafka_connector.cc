#include "connectors/kafka/kafka_connector.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/kafka_discovery.h"
#include "connectors/kafka/kafka_enumerator.h"
#include "connectors/kafka/kafka_reader.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/kafka_writer.h"
#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_decoder.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

using kafka::KafkaSettings;
using kafka::OffsetMode;

// Once a table and job, to whoever started it.
void SayNotices(const TableDescriptor& table, const KafkaSettings& settings) {
  for (const std::string& notice : settings.properties.notices) {
    std::fprintf(stderr, "notice: table '%s': %s\n", table.name.c_str(),
                 notice.c_str());
  }
}

class KafkaConnector final : public Connector {
 public:
  explicit KafkaConnector(const ConnectorRegistry& registry)
      : registry_(registry) {}

  const std::vector<OptionSpec>& options() const override {
    return kafka::KafkaOptionSpecs();
  }

  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    ASSIGN_OR_RETURN(const Format* format,
                     registry_.FindFormat(settings.value_format));
    RETURN_IF_ERROR(ValidateOptions(
        absl::StrCat("format '", settings.value_format, "'"),
        settings.value_options, format->options()));
    if (!settings.key_format.empty()) {
      ASSIGN_OR_RETURN(const Format* key_format,
                       registry_.FindFormat(settings.key_format));
      RETURN_IF_ERROR(ValidateOptions(
          absl::StrCat("format '", settings.key_format, "'"),
          settings.key_options, key_format->options()));
    }
    RETURN_IF_ERROR(kafka::CheckMetadata(table));
    Capabilities can;
    can.source = true;
    can.sink = settings.topics.size() == 1;
    can.bounded = settings.end.kind != OffsetMode::Kind::kNone;
    can.source_mode = format->changelog_mode();
    can.sink_mode = format->changelog_mode();
    can.metadata = kafka::MetadataColumns();
    return can;
  }

  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    SayNotices(table, settings);
    return std::make_unique<kafka::KafkaEnumerator>(
        kafka::KafkaEnumerator::Options{
            .parallelism = parallelism,
            .discovery_interval =
                settings.discovery_interval > absl::ZeroDuration()
                    ? settings.discovery_interval
                    : absl::InfiniteDuration(),
            .bounded = settings.end.kind != OffsetMode::Kind::kNone});
  }

  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    return std::make_unique<kafka::KafkaDiscovery>(table.name, settings);
  }

  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    ASSIGN_OR_RETURN(auto decoder,
                     kafka::RecordDecoder::Open(table, settings, request,
                                                registry_,
                                                context.local_time_zone));
    return kafka::KafkaReader::Open(settings, std::move(decoder),
                                    context.wake);
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    RETURN_IF_ERROR(kafka::CheckWrittenMetadata(table));
    if (context.subtask == 0) SayNotices(table, settings);
    return kafka::KafkaWriter::Open(table, settings, registry_, context);
  }

 private:
  const ConnectorRegistry& registry_;
};

}  // namespace

void RegisterKafka(ConnectorRegistry& registry) {
  registry.Add("kafka", std::make_unique<KafkaConnector>(registry));
}

}  // namespace millrace
