#include "connectors/nexmark/nexmark_connector.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/nexmark/event_generator.h"
#include "connectors/nexmark/nexmark_options.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/generator_connector.h"

namespace millrace {
namespace {

using nexmark::EventField;
using nexmark::EventGenerator;
using nexmark::EventKind;

constexpr absl::string_view kTopColumns[] = {"person", "auction", "bid"};

absl::Status BadColumn(const TableDescriptor& table, absl::string_view column,
                       absl::string_view why) {
  return UserError(
      {.code = "SQL-0302",
       .what = absl::StrCat("column '", column, "' cannot be made"),
       .where = absl::StrCat("table '", table.name, "', connector 'nexmark'"),
       .why = std::string(why),
       .fix = "The columns are event_type INT, person ROW<..>, auction "
              "ROW<..> and bid ROW<..>, any of the benchmark's fields in "
              "each."});
}

absl::StatusOr<EventKind> KindOf(const TableDescriptor& table,
                                 const TableColumn& column) {
  for (int i = 0; i < 3; ++i) {
    if (column.name == kTopColumns[i]) return static_cast<EventKind>(i);
  }
  return BadColumn(table, column.name, "the benchmark has no such column");
}

// Checks one column of the table against what the generator makes.
absl::Status CheckColumn(const TableDescriptor& table,
                         const TableColumn& column) {
  if (column.name == "event_type") {
    if (column.type.Is(TypeRoot::kInteger)) return absl::OkStatus();
    return BadColumn(table, column.name, "its type must be INT");
  }
  ASSIGN_OR_RETURN(const EventKind kind, KindOf(table, column));
  if (!column.type.Is(TypeRoot::kRow)) {
    return BadColumn(table, column.name, "its type must be ROW<..>");
  }
  for (const RowField& field : column.type.fields()) {
    const EventField* known = nexmark::FindField(kind, field.name);
    const std::string path = absl::StrCat(column.name, ".", field.name);
    if (known == nullptr) {
      return BadColumn(table, path, "the benchmark has no such field");
    }
    if (known->type.AsNullable() != field.type.AsNullable()) {
      return BadColumn(table, path, absl::StrCat("its type must be ",
                                                 known->type.ToString()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<GeneratedTable> OpenTable(const TableDescriptor& table,
                                         const SourceRequest& request) {
  ASSIGN_OR_RETURN(const auto options, nexmark::ReadOptions(table.options));
  for (const TableColumn& column : table.columns) {
    RETURN_IF_ERROR(CheckColumn(table, column));
  }
  std::vector<EventGenerator::Column> columns;
  for (const SourceRequest::Column& wanted : request.columns) {
    const TableColumn& top = table.columns[wanted.path[0]];
    EventGenerator::Column column{.type = wanted.type};
    if (top.name != "event_type") {
      ASSIGN_OR_RETURN(column.kind, KindOf(table, top));
      if (wanted.path.size() > 1) {
        column.field = nexmark::FindField(
            *column.kind, top.type.fields()[wanted.path[1]].name);
      }
    }
    columns.push_back(std::move(column));
  }
  return GeneratedTable{
      nexmark::SplitOptions(options),
      std::make_unique<EventGenerator>(options.model, std::move(columns))};
}

}  // namespace

void RegisterNexmark(ConnectorRegistry& registry) {
  registry.Add("nexmark",
               std::make_unique<GeneratorConnector>(
                   "nexmark", &nexmark::OptionSpecs(), OpenTable));
}

}  // namespace millrace
