#include "connectors/kafka/kafka_settings.h"

#include <algorithm>
#include <regex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

absl::Status BadOption(absl::string_view key, std::string why,
                       std::string fix = "") {
  return UserError({.code = "SQL-0314",
                    .what = absl::StrCat("option '", key, "' cannot be used"),
                    .where = "connector 'kafka'",
                    .why = std::move(why),
                    .fix = std::move(fix)});
}

// "partition:0,offset:42;partition:1,offset:300"
absl::StatusOr<absl::btree_map<int32_t, int64_t>> ParseOffsets(
    absl::string_view key, absl::string_view text) {
  absl::btree_map<int32_t, int64_t> offsets;
  for (absl::string_view pair :
       absl::StrSplit(text, ';', absl::SkipWhitespace())) {
    pair = absl::StripAsciiWhitespace(pair);
    const std::vector<absl::string_view> parts = absl::StrSplit(pair, ',');
    int32_t partition;
    int64_t offset;
    if (parts.size() != 2 || !absl::StartsWith(parts[0], "partition:") ||
        !absl::StartsWith(parts[1], "offset:") ||
        !absl::SimpleAtoi(parts[0].substr(10), &partition) ||
        !absl::SimpleAtoi(parts[1].substr(7), &offset) || offset < 0) {
      return BadOption(key, absl::StrCat("'", pair, "' is no pair"),
                       "Write 'partition:0,offset:42;partition:1,offset:7'.");
    }
    offsets[partition] = offset;
  }
  return offsets;
}

// Reads scan.startup.* or scan.bounded.* (`prefix`).
absl::StatusOr<OffsetMode> ReadOffsetMode(
    const OptionReader& reader, const std::string& prefix,
    const std::vector<std::pair<std::string, OffsetMode::Kind>>& modes) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : modes) names.push_back(name);
  ASSIGN_OR_RETURN(const std::string chosen,
                   reader.OneOf(prefix + "mode", names));
  OffsetMode mode;
  for (const auto& [name, kind] : modes) {
    if (name == chosen) mode.kind = kind;
  }
  if (mode.kind == OffsetMode::Kind::kTimestamp) {
    ASSIGN_OR_RETURN(const std::string text,
                     reader.RequiredText(prefix + "timestamp-millis"));
    ASSIGN_OR_RETURN(mode.timestamp_ms,
                     reader.Int(prefix + "timestamp-millis"));
  } else if (mode.kind == OffsetMode::Kind::kSpecific) {
    const std::string key = prefix + "specific-offsets";
    ASSIGN_OR_RETURN(const std::string text, reader.RequiredText(key));
    ASSIGN_OR_RETURN(mode.offsets, ParseOffsets(key, text));
  }
  return mode;
}

absl::Status ReadModes(const OptionReader& reader, KafkaSettings& settings) {
  using Kind = OffsetMode::Kind;
  if (settings.upsert) {
    ASSIGN_OR_RETURN(settings.start,
                     ReadOffsetMode(reader, "scan.startup.",
                                    {{"earliest-offset", Kind::kEarliest}}));
  } else {
    ASSIGN_OR_RETURN(settings.start,
                     ReadOffsetMode(reader, "scan.startup.",
                                    {{"group-offsets", Kind::kGroupOffsets},
                                     {"earliest-offset", Kind::kEarliest},
                                     {"latest-offset", Kind::kLatest},
                                     {"timestamp", Kind::kTimestamp},
                                     {"specific-offsets", Kind::kSpecific}}));
  }
  ASSIGN_OR_RETURN(settings.end,
                   ReadOffsetMode(reader, "scan.bounded.",
                                  {{"unbounded", Kind::kNone},
                                   {"latest-offset", Kind::kLatest},
                                   {"group-offsets", Kind::kGroupOffsets},
                                   {"timestamp", Kind::kTimestamp},
                                   {"specific-offsets", Kind::kSpecific}}));
  return absl::OkStatus();
}

// "json.x" and "value.json.x" become "x" for the value's format, "key.json.x"
// for the key's.
TableOptions FormatOptions(const TableOptions& options,
                           const std::vector<std::string>& prefixes) {
  TableOptions result;
  for (const std::string& prefix : prefixes) {
    for (const auto& [key, value] : options) {
      absl::string_view rest = key;
      if (absl::ConsumePrefix(&rest, prefix)) {
        result[std::string(rest)] = value;
      }
    }
  }
  return result;
}

// Families such as "json." let any key through: one that no format of this
// table reads is a mistake.
absl::Status RefuseUnread(const TableOptions& options,
                          const std::vector<OptionSpec>& specs,
                          const std::vector<std::string>& read) {
  std::vector<std::string> known;
  for (const OptionSpec& spec : specs) {
    if (!spec.is_prefix || spec.key == "properties.") {
      known.push_back(spec.key);
    }
  }
  for (const auto& [key, value] : options) {
    const auto covers = [&key = key](const std::string& name) {
      return key == name ||
             (absl::EndsWith(name, ".") && absl::StartsWith(key, name));
    };
    if (std::any_of(known.begin(), known.end(), covers) ||
        std::any_of(read.begin(), read.end(), covers) ||
        absl::StartsWith(key, "scan.watermark.")) {
      continue;
    }
    const std::string nearest = NearestName(key, known);
    return BadOption(
        key, "neither the connector nor a format of this table has it",
        nearest.empty()
            ? absl::StrCat("Options of this table's formats begin with '",
                           absl::StrJoin(read, "', '"), "'.")
            : absl::StrCat("Did you mean '", nearest, "'?"));
  }
  return absl::OkStatus();
}

absl::Status ReadFormats(const OptionReader& reader,
                         const TableOptions& options,
                         const std::vector<OptionSpec>& specs,
                         KafkaSettings& settings) {
  settings.value_format =
      reader.Text("value.format").value_or(reader.Text("format").value_or(""));
  if (settings.value_format.empty()) {
    const std::string key = settings.upsert ? "value.format" : "format";
    return BadOption(key, "the table names no format",
                     absl::StrCat("Add '", key,
                                  "' = 'json', or 'csv', or 'raw'."));
  }
  settings.key_format = reader.Text("key.format").value_or("");
  if (settings.upsert && settings.key_format.empty()) {
    return BadOption("key.format", "the table names no format of the key",
                     "Add 'key.format' = 'json', or 'csv', or 'raw'.");
  }
  const std::vector<std::string> of_value = {
      absl::StrCat(settings.value_format, "."),
      absl::StrCat("value.", settings.value_format, ".")};
  std::vector<std::string> of_key;
  if (!settings.key_format.empty()) {
    of_key.push_back(absl::StrCat("key.", settings.key_format, "."));
  }
  settings.value_options = FormatOptions(options, of_value);
  settings.key_options = FormatOptions(options, of_key);
  std::vector<std::string> read = of_value;
  read.insert(read.end(), of_key.begin(), of_key.end());
  return RefuseUnread(options, specs, read);
}

// The library reports a bad pattern by an exception; it ends here.
absl::Status CheckPattern(const std::string& pattern) {
  try {
    const std::regex compiled(pattern);
  } catch (const std::regex_error& error) {
    return BadOption("topic-pattern", error.what(),
                     "Write a regular expression such as 'bids-.*'.");
  }
  return absl::OkStatus();
}

absl::Status ReadGuarantee(const OptionReader& reader,
                           KafkaSettings& settings) {
  ASSIGN_OR_RETURN(const std::string guarantee,
                   reader.OneOf("sink.delivery-guarantee",
                                {"exactly-once", "at-least-once", "none"}));
  settings.guarantee = guarantee == "exactly-once" ? Guarantee::kExactlyOnce
                       : guarantee == "none"       ? Guarantee::kNone
                                                   : Guarantee::kAtLeastOnce;
  ASSIGN_OR_RETURN(const std::string loss,
                   reader.OneOf("sink.on-marker-loss",
                                {"stop", "replay", "skip"}));
  settings.on_marker_loss = loss == "replay" ? OnMarkerLoss::kReplay
                            : loss == "skip" ? OnMarkerLoss::kSkip
                                             : OnMarkerLoss::kStop;
  ASSIGN_OR_RETURN(settings.max_pending_bytes,
                   reader.SizeBytes("sink.max-pending"));
  settings.transactional_id_prefix =
      reader.Text("sink.transactional-id-prefix").value_or("");
  const auto timeout =
      settings.properties.values.find("transaction.timeout.ms");
  int64_t timeout_ms = 0;
  if (timeout != settings.properties.values.end() &&
      absl::SimpleAtoi(timeout->second, &timeout_ms)) {
    settings.transaction_timeout = absl::Milliseconds(timeout_ms);
  }
  return absl::OkStatus();
}

// The columns of the key: of upserts those of the primary key.
absl::StatusOr<std::vector<std::string>> KeyNames(
    const TableDescriptor& table, const OptionReader& reader,
    const KafkaSettings& settings) {
  if (settings.upsert) {
    if (!table.primary_key.empty()) return table.primary_key;
    return UserError(
        {.code = "SQL-0317",
         .what = absl::StrCat("table '", table.name, "' has no primary key"),
         .where = "connector 'upsert-kafka'",
         .why = "it says which columns are in a record's key, and so which row "
                "the record is about",
         .fix = "Add PRIMARY KEY (column) NOT ENFORCED."});
  }
  std::vector<std::string> names = reader.List("key.fields");
  if (!names.empty() && settings.key_format.empty()) {
    return BadOption("key.fields", "the key has no format",
                     "Add 'key.format' = 'json', or 'csv', or 'raw'.");
  }
  if (names.empty() && !settings.key_format.empty()) {
    return BadOption("key.format", "no column is said to be in the key",
                     "Add 'key.fields' = 'column;column'.");
  }
  return names;
}

// Splits the physical columns between key and value.
absl::Status ReadColumns(const TableDescriptor& table,
                         const OptionReader& reader, KafkaSettings& settings) {
  ASSIGN_OR_RETURN(const std::string include,
                   reader.OneOf("value.fields-include", {"ALL", "EXCEPT_KEY"}));
  ASSIGN_OR_RETURN(const std::vector<std::string> key_names,
                   KeyNames(table, reader, settings));
  const std::string named_by =
      settings.upsert ? "PRIMARY KEY" : "key.fields";
  settings.key_prefix = reader.Text("key.fields-prefix").value_or("");
  if (!settings.key_prefix.empty() && include == "ALL") {
    return BadOption("key.fields-prefix",
                     "the value would hold the key's columns too",
                     "Add 'value.fields-include' = 'EXCEPT_KEY'.");
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    if (column.metadata_key) continue;
    const bool in_key = std::find(key_names.begin(), key_names.end(),
                                  column.name) != key_names.end();
    if (!in_key || include == "ALL") {
      settings.value_columns.push_back(static_cast<int>(i));
    }
  }
  for (const std::string& name : key_names) {
    const auto found = std::find_if(
        table.columns.begin(), table.columns.end(),
        [&](const TableColumn& column) { return column.name == name; });
    if (found == table.columns.end()) {
      std::vector<std::string> names;
      for (const TableColumn& column : table.columns) {
        names.push_back(column.name);
      }
      const std::string nearest = NearestName(name, names);
      return BadOption(
          named_by, absl::StrCat("there is no column '", name, "'"),
          nearest.empty() ? "" : absl::StrCat("Did you mean '", nearest, "'?"));
    }
    if (found->metadata_key) {
      return BadOption(named_by,
                       absl::StrCat("'", name, "' is a metadata column"));
    }
    if (!absl::StartsWith(name, settings.key_prefix)) {
      return BadOption(named_by,
                       absl::StrCat("'", name, "' does not begin with '",
                                    settings.key_prefix,
                                    "', the 'key.fields-prefix'"));
    }
    settings.key_columns.push_back(
        static_cast<int>(found - table.columns.begin()));
  }
  return absl::OkStatus();
}

// Both or none, as in Flink.
absl::Status ReadBuffer(const OptionReader& reader, KafkaSettings& settings) {
  ASSIGN_OR_RETURN(settings.buffer_rows,
                   reader.Int("sink.buffer-flush.max-rows"));
  ASSIGN_OR_RETURN(settings.buffer_interval,
                   reader.Duration("sink.buffer-flush.interval"));
  const bool timed = settings.buffer_interval > absl::ZeroDuration();
  if ((settings.buffer_rows > 0) == timed) return absl::OkStatus();
  return BadOption(timed ? "sink.buffer-flush.interval"
                         : "sink.buffer-flush.max-rows",
                   "rows are kept back only where both are above 0",
                   "Set 'sink.buffer-flush.max-rows' and "
                   "'sink.buffer-flush.interval', or neither.");
}

absl::Status ReadSinkOptions(const OptionReader& reader,
                             KafkaSettings& settings) {
  if (settings.upsert) {
    RETURN_IF_ERROR(ReadBuffer(reader, settings));
  } else {
    ASSIGN_OR_RETURN(const std::string partitioner,
                     reader.OneOf("sink.partitioner",
                                  {"default", "fixed", "round-robin"}));
    settings.partitioning = partitioner == "fixed" ? Partitioning::kFixed
                            : partitioner == "round-robin"
                                ? Partitioning::kRoundRobin
                                : Partitioning::kDefault;
  }
  return ReadGuarantee(reader, settings);
}

}  // namespace

absl::StatusOr<KafkaSettings> ReadKafkaSettings(const TableDescriptor& table) {
  KafkaSettings settings;
  const auto connector = table.options.find("connector");
  settings.upsert = connector != table.options.end() &&
                    connector->second == kUpsertConnector;
  const std::vector<OptionSpec>& specs =
      settings.upsert ? UpsertKafkaOptionSpecs() : KafkaOptionSpecs();
  const OptionReader reader(table.options, specs);
  settings.topics = reader.List("topic");
  settings.topic_pattern = reader.Text("topic-pattern").value_or("");
  if (settings.topics.empty() == settings.topic_pattern.empty()) {
    return BadOption("topic", "exactly one of 'topic' and 'topic-pattern' "
                              "must be given");
  }
  RETURN_IF_ERROR(CheckPattern(settings.topic_pattern));
  const TableOptions properties = reader.WithPrefix("properties.");
  if (!properties.contains("bootstrap.servers")) {
    return BadOption("properties.bootstrap.servers", "it is missing",
                     "Add 'properties.bootstrap.servers' = 'HOST:9092'.");
  }
  settings.has_group = properties.contains("group.id");
  ASSIGN_OR_RETURN(settings.properties, TranslateProperties(properties));
  RETURN_IF_ERROR(ReadFormats(reader, table.options, specs, settings));
  RETURN_IF_ERROR(ReadColumns(table, reader, settings));
  RETURN_IF_ERROR(ReadModes(reader, settings));
  for (const auto& [mode, key] :
       {std::pair(&settings.start, "scan.startup.specific-offsets"),
        std::pair(&settings.end, "scan.bounded.specific-offsets")}) {
    if (mode->kind == OffsetMode::Kind::kSpecific &&
        settings.topics.size() != 1) {
      return BadOption(key, "it names partitions of one topic, and the table "
                            "may read several");
    }
  }
  ASSIGN_OR_RETURN(settings.discovery_interval,
                   reader.Duration("scan.topic-partition-discovery.interval"));
  settings.dead_letters = reader.Text(kDeadLetters).value_or("");
  ASSIGN_OR_RETURN(settings.max_future_skew,
                   reader.Duration("scan.max-future-skew"));
  RETURN_IF_ERROR(ReadSinkOptions(reader, settings));
  return settings;
}

}  // namespace millrace::kafka
