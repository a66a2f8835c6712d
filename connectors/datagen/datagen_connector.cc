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
#include "runtime/connector/generator_connector.h"

namespace millrace {
namespace {

using datagen::ColumnRule;

// Rows a second of event time where rows are made as fast as they can be: as
// many as by default.
constexpr double kUnlimitedPace = 10'000;

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

class DatagenRows final : public RowGenerator {
 public:
  // `rules` of the table's columns, of which `columns` are made.
  DatagenRows(std::vector<ColumnRule> rules, std::vector<int> columns,
              double rows_per_second)
      : rules_(std::move(rules)),
        columns_(std::move(columns)),
        ms_per_row_(1000 / (rows_per_second > 0 ? rows_per_second
                                                : kUnlimitedPace)) {}

  Batch Make(const NumberedSplits::Run& run) override {
    const datagen::RowTimes times = {.base_ms = run.base_time_ms,
                                     .ms_per_row = ms_per_row_};
    Batch batch = {.row_count = static_cast<uint32_t>(run.count)};
    for (const int column : columns_) {
      batch.columns.push_back(datagen::MakeColumn(rules_[column], run.first,
                                                  batch.row_count, times));
    }
    return batch;
  }

 private:
  const std::vector<ColumnRule> rules_;
  const std::vector<int> columns_;
  const double ms_per_row_;
};

absl::StatusOr<GeneratedTable> OpenTable(const TableDescriptor& table,
                                         const SourceRequest& request) {
  RETURN_IF_ERROR(CheckFieldOptions(table));
  const OptionReader reader(table.options, Specs());
  GeneratedTable generated;
  ASSIGN_OR_RETURN(const int64_t seed, reader.Int("seed"));
  ASSIGN_OR_RETURN(generated.splits.rows_per_second,
                   reader.Double("rows-per-second"));
  if (reader.Text("number-of-rows")) {
    ASSIGN_OR_RETURN(generated.splits.row_count, reader.Int("number-of-rows"));
  }
  std::vector<ColumnRule> rules;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    ASSIGN_OR_RETURN(
        ColumnRule rule,
        datagen::ReadColumnRule(column.name, column.type, table.options,
                                (static_cast<uint64_t>(seed) << 16) + i));
    if (const auto limit = rule.RowLimit()) {
      int64_t& count = generated.splits.row_count;
      count = count == 0 ? *limit : std::min(count, *limit);
    }
    rules.push_back(std::move(rule));
  }
  std::vector<int> columns;
  for (const SourceRequest::Column& column : request.columns) {
    columns.push_back(column.path[0]);
  }
  generated.rows = std::make_unique<DatagenRows>(
      std::move(rules), std::move(columns), generated.splits.rows_per_second);
  return generated;
}

}  // namespace

void RegisterDatagen(ConnectorRegistry& registry) {
  registry.Add("datagen", std::make_unique<GeneratorConnector>(
                              "datagen", &Specs(), OpenTable));
}

}  // namespace millrace
