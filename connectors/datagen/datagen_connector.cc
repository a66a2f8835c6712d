#include "connectors/datagen/datagen_connector.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "connectors/datagen/column_rule.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/fixed_split_enumerator.h"
#include "runtime/connector/numbered_splits.h"

namespace millrace {
namespace {

using datagen::ColumnRule;

// Rows a second of event time where rows are made as fast as they can be: as
// many as by default.
constexpr double kUnlimitedPace = 10'000;

// A table, read: its columns' rules and how many rows it has.
struct Settings {
  std::vector<ColumnRule> rules;
  NumberedSplits::Options splits;
};

const std::vector<OptionSpec>& Specs() {
  static const auto* const specs = new std::vector<OptionSpec>{
      {"connector", "datagen", true, "'datagen'."},
      {"rows-per-second", "10000", false, "Rows a second, over all subtasks."},
      {"number-of-rows", std::nullopt, false,
       "How many rows; without it there is no end, unless a sequence ends."},
      {"seed", "1", false, "Same seed, same rows."},
      {"scan.parallelism", std::nullopt, false, "Parallelism of the source."},
      {"fields.", std::nullopt, false,
       "fields.<column>.kind (random, sequence), .min, .max, .max-past, "
       ".length, .var-len, .null-rate, .start, .end.",
       true}};
  return *specs;
}

// Refuses options of columns that do not exist.
absl::Status CheckFieldOptions(const TableDescriptor& table) {
  std::vector<std::string> names;
  for (const TableColumn& column : table.columns) names.push_back(column.name);
  for (const auto& [key, value] : table.options) {
    if (!absl::StartsWith(key, "fields.")) continue;
    const std::string name = key.substr(7, key.rfind('.') - 7);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string nearest = NearestName(name, names);
    return UserError({.code = "SQL-0304",
                      .what = absl::StrCat("option '", key,
                                           "' is of no column"),
                      .where = absl::StrCat("table '", table.name,
                                            "', connector 'datagen'"),
                      .why = absl::StrCat("there is no column '", name, "'"),
                      .fix = nearest.empty()
                                 ? ""
                                 : absl::StrCat("Did you mean '", nearest,
                                                "'?")});
  }
  return absl::OkStatus();
}

absl::StatusOr<Settings> ReadSettings(const TableDescriptor& table) {
  RETURN_IF_ERROR(CheckFieldOptions(table));
  const OptionReader reader(table.options, Specs());
  Settings settings;
  ASSIGN_OR_RETURN(const int64_t seed, reader.Int("seed"));
  ASSIGN_OR_RETURN(settings.splits.rows_per_second,
                   reader.Double("rows-per-second"));
  if (reader.Text("number-of-rows")) {
    ASSIGN_OR_RETURN(settings.splits.row_count, reader.Int("number-of-rows"));
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    ASSIGN_OR_RETURN(
        ColumnRule rule,
        datagen::ReadColumnRule(column.name, column.type, table.options,
                       (static_cast<uint64_t>(seed) << 16) + i));
    if (const auto limit = rule.RowLimit()) {
      int64_t& count = settings.splits.row_count;
      count = count == 0 ? *limit : std::min(count, *limit);
    }
    settings.rules.push_back(std::move(rule));
  }
  return settings;
}

class DatagenReader final : public SplitReader {
 public:
  DatagenReader(Settings settings, std::vector<int> columns,
                const Clock* clock)
      : settings_(std::move(settings)),
        columns_(std::move(columns)),
        splits_(settings_.splits, clock) {}

  absl::Status AddSplit(const Split& split) override {
    return splits_.Add(split);
  }

  absl::StatusOr<Poll> Next(uint32_t max_rows) override {
    const NumberedSplits::Run run = splits_.Next(max_rows);
    Poll poll = run.ToPoll();
    if (run.count == 0) return poll;
    const datagen::RowTimes times = {
        .base_ms = run.base_time_ms,
        .ms_per_row = 1000 / (settings_.splits.rows_per_second > 0
                                  ? settings_.splits.rows_per_second
                                  : kUnlimitedPace)};
    poll.batch.row_count = static_cast<uint32_t>(run.count);
    for (const int column : columns_) {
      poll.batch.columns.push_back(datagen::MakeColumn(
          settings_.rules[column], run.first, poll.batch.row_count, times));
    }
    return poll;
  }

  std::vector<Split> Snapshot() const override { return splits_.Snapshot(); }

 private:
  const Settings settings_;
  const std::vector<int> columns_;
  NumberedSplits splits_;
};

class DatagenConnector final : public Connector {
 public:
  const std::vector<OptionSpec>& options() const override { return Specs(); }

  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    RETURN_IF_ERROR(
        ValidateOptions("connector 'datagen'", table.options, Specs()));
    ASSIGN_OR_RETURN(const Settings settings, ReadSettings(table));
    Capabilities can;
    can.source = true;
    can.bounded = settings.splits.row_count > 0;
    return can;
  }

  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor&, int parallelism) const override {
    return std::make_unique<FixedSplitEnumerator>(parallelism);
  }

  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor&, int parallelism) const override {
    return std::make_unique<NumberedSplitDiscovery>(parallelism);
  }

  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(Settings settings, ReadSettings(table));
    std::vector<int> columns;
    for (const SourceRequest::Column& column : request.columns) {
      columns.push_back(column.path[0]);
    }
    return std::make_unique<DatagenReader>(
        std::move(settings), std::move(columns), context.clock);
  }
};

}  // namespace

void RegisterDatagen(ConnectorRegistry& registry) {
  registry.Add("datagen", std::make_unique<DatagenConnector>());
}

}  // namespace millrace
