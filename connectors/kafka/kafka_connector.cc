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
#include "connectors/kafka/client/librdkafka_port.h"
#include "connectors/kafka/letter_reader.h"
#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_decoder.h"
#include "connectors/kafka/sealing_writer.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/fixed_split_enumerator.h"

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

// 'kafka' and, told apart by a table's options, 'upsert-kafka'.
class KafkaConnector final : public Connector {
 public:
  KafkaConnector(const ConnectorRegistry& registry,
                 const std::vector<OptionSpec>& options,
                 std::shared_ptr<kafka::KafkaPort> port)
      : registry_(registry), options_(options), port_(std::move(port)) {}

  const std::vector<OptionSpec>& options() const override { return options_; }

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
    if (settings.upsert) {
      RETURN_IF_ERROR(CheckAppends(table, settings));
      can.source_mode = ChangelogMode::kUpsert;
      can.sink_mode = ChangelogMode::kUpsert;
    }
    can.sink_commits =
        settings.guarantee == kafka::Guarantee::kExactlyOnce;
    can.metadata = kafka::MetadataColumns();
    return can;
  }

  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    if (!settings.dead_letters.empty()) {
      return std::make_unique<FixedSplitEnumerator>(parallelism);
    }
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
    if (!settings.dead_letters.empty()) {
      return std::make_unique<kafka::LetterDiscovery>();
    }
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
    if (!settings.dead_letters.empty()) {
      return std::make_unique<kafka::LetterReader>(settings.dead_letters,
                                                   std::move(decoder));
    }
    return kafka::KafkaReader::Open(settings, std::move(decoder), context);
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const KafkaSettings settings,
                     kafka::ReadKafkaSettings(table));
    RETURN_IF_ERROR(kafka::CheckWrittenMetadata(table));
    if (context.subtask == 0) SayNotices(table, settings);
    if (settings.guarantee == kafka::Guarantee::kExactlyOnce) {
      return kafka::SealingWriter::Open(table, settings, registry_, context,
                                        port_.get());
    }
    return kafka::KafkaWriter::Open(table, settings, registry_, context);
  }

 private:
  // Which row a record is about is in its key, so its value is one row.
  absl::Status CheckAppends(const TableDescriptor& table,
                            const KafkaSettings& settings) const {
    for (const std::string& name :
         {settings.key_format, settings.value_format}) {
      ASSIGN_OR_RETURN(const Format* format, registry_.FindFormat(name));
      if (format->changelog_mode() == ChangelogMode::kAppend) continue;
      return UserError(
          {.code = "SQL-0318",
           .what = absl::StrCat("format '", name,
                                "' cannot be used in table '", table.name,
                                "'"),
           .where = "connector 'upsert-kafka'",
           .why = "a record's key says which row it is about, and the format "
                  "tells of changes too",
           .fix = "Take 'json', 'csv' or 'raw', or 'connector' = 'kafka'."});
    }
    return absl::OkStatus();
  }

  const ConnectorRegistry& registry_;
  const std::vector<OptionSpec>& options_;
  const std::shared_ptr<kafka::KafkaPort> port_;
};

}  // namespace

void RegisterKafka(ConnectorRegistry& registry) {
  RegisterKafka(registry, std::make_shared<kafka::LibrdkafkaPort>());
}

void RegisterKafka(ConnectorRegistry& registry,
                   std::shared_ptr<kafka::KafkaPort> port) {
  registry.Add("kafka", std::make_unique<KafkaConnector>(
                            registry, kafka::KafkaOptionSpecs(), port));
  registry.Add(kafka::kUpsertConnector,
               std::make_unique<KafkaConnector>(
                   registry, kafka::UpsertKafkaOptionSpecs(), port));
}

}  // namespace millrace
