#include "sql/show_statements.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/query_binder.h"
#include "sql/create_text.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// SQL's LIKE: % any text, _ any character, \ takes the next as it is.
bool Matches(absl::string_view text, absl::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (Matches(text.substr(skip), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (pattern[0] == '\\' && pattern.size() > 1) {
    return text[0] == pattern[1] && Matches(text.substr(1), pattern.substr(2));
  }
  return (pattern[0] == '_' || pattern[0] == text[0]) &&
         Matches(text.substr(1), pattern.substr(1));
}

bool Passes(const std::string& name, const std::optional<ShowFilter>& filter) {
  if (!filter) return true;
  const bool any_case = filter->match == ShowMatch::kILike;
  const bool matches =
      any_case ? Matches(absl::AsciiStrToLower(name),
                         absl::AsciiStrToLower(filter->pattern))
               : Matches(name, filter->pattern);
  return matches != filter->negated;
}

ResultTable ListOf(std::string column, const std::vector<std::string>& names,
                   const std::optional<ShowFilter>& filter) {
  ResultTable table{.columns = {std::move(column)}};
  for (const std::string& name : names) {
    if (Passes(name, filter)) table.rows.push_back({name});
  }
  return table;
}

std::vector<std::string> FunctionNames(const FunctionRegistry& functions) {
  std::vector<std::string> names = {"avg", "coalesce", "count", "cumulate",
                                    "hop", "if", "ifnull", "max", "min",
                                    "nullif", "sum", "tumble", "typeof"};
  for (const std::string& name : functions.Names()) {
    if (absl::ascii_isalpha(name[0]) &&
        name.find(' ') == std::string::npos) {
      names.push_back(absl::AsciiStrToLower(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Extras(const CatalogColumn& column) {
  if (column.kind == ColumnKind::kComputed) {
    return absl::StrCat("AS ", column.text);
  }
  if (column.kind != ColumnKind::kMetadata) return "";
  std::string text = "METADATA";
  if (column.metadata_key) {
    absl::StrAppend(&text, " FROM '", *column.metadata_key, "'");
  }
  return text + (column.is_virtual ? " VIRTUAL" : "");
}

std::vector<std::string> Row(const std::string& name, const Column& column) {
  Column nullable = column;
  nullable.type = column.type.AsNullable();
  return {name, TypeText(nullable), column.type.nullable() ? "TRUE" : "FALSE",
          "", "", ""};
}

ResultTable ColumnsOfTable(const CatalogTable& table,
                           const std::optional<ShowFilter>& filter) {
  ResultTable result{
      .columns = {"name", "type", "null", "key", "extras", "watermark"}};
  std::string key;
  for (const std::string& name : table.primary_key) {
    absl::StrAppend(&key, key.empty() ? "PRI(" : ", ", name);
  }
  if (!key.empty()) key += ")";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const CatalogColumn& column = table.columns[i];
    if (!Passes(column.name, filter)) continue;
    const bool timed = table.watermark && table.watermark->column == int(i);
    Column shown{.type = column.type};
    if (timed) shown.time = TimeAttribute::kRowtime;
    if (column.computed && column.computed->function == "PROCTIME") {
      shown.time = TimeAttribute::kProctime;
    }
    std::vector<std::string> row = Row(column.name, shown);
    const bool is_key =
        std::find(table.primary_key.begin(), table.primary_key.end(),
                  column.name) != table.primary_key.end();
    if (is_key) row[3] = key;
    row[4] = Extras(column);
    if (timed) row[5] = table.watermark->text;
    result.rows.push_back(std::move(row));
  }
  return result;
}

absl::StatusOr<ResultTable> ColumnsOf(
    const ObjectName& name, const std::optional<ShowFilter>& filter,
    const BindContext& context) {
  ASSIGN_OR_RETURN(const Catalog::Entry entry, context.catalog->Resolve(name));
  if (const auto* table = std::get_if<Catalog::TablePtr>(&entry)) {
    return ColumnsOfTable(**table, filter);
  }
  const CatalogView& view = *std::get<Catalog::ViewPtr>(entry);
  QueryBinder binder(context);
  ASSIGN_OR_RETURN(const LogicalPtr bound, binder.Bind(*view.query));
  ResultTable result{
      .columns = {"name", "type", "null", "key", "extras", "watermark"}};
  for (size_t i = 0; i < bound->output.size(); ++i) {
    const std::string& shown = i < view.column_names.size()
                                   ? view.column_names[i]
                                   : bound->output[i].name;
    if (Passes(shown, filter)) {
      result.rows.push_back(Row(shown, bound->output[i]));
    }
  }
  return result;
}

// What is not built.
absl::string_view NameOf(ShowKind kind) {
  switch (kind) {
    case ShowKind::kMaterializedTables: return "SHOW MATERIALIZED TABLES";
    case ShowKind::kModules: return "SHOW MODULES";
    case ShowKind::kFullModules: return "SHOW FULL MODULES";
    case ShowKind::kJars: return "SHOW JARS";
    case ShowKind::kJobs: return "SHOW JOBS";
    case ShowKind::kModels: return "SHOW MODELS";
    case ShowKind::kProcedures: return "SHOW PROCEDURES";
    case ShowKind::kPartitions: return "SHOW PARTITIONS";
    default: return "this SHOW";
  }
}

absl::StatusOr<ResultTable> CreateOf(const Show& show,
                                     const BindContext& context) {
  ASSIGN_OR_RETURN(const Catalog::Entry entry,
                   context.catalog->Resolve(*show.name));
  const bool wants_view = show.what == ShowKind::kCreateView;
  if (IsView(entry) != wants_view) {
    return SqlError({.code = "SQL-0145",
                     .location = show.name->location,
                     .what = absl::StrCat("`", show.name->parts.back().text,
                                          "` is a ",
                                          wants_view ? "table" : "view"),
                     .why = {},
                     .fix = wants_view ? "Write SHOW CREATE TABLE."
                                       : "Write SHOW CREATE VIEW."});
  }
  ResultTable result{
      .columns = {wants_view ? "create view" : "create table"},
      .is_text = true};
  result.rows.push_back(
      {wants_view ? CreateText(*std::get<Catalog::ViewPtr>(entry))
                  : CreateText(*std::get<Catalog::TablePtr>(entry))});
  return result;
}

}  // namespace

absl::StatusOr<ResultTable> BindShow(const Show& show,
                                     const SourceLocation& location,
                                     const BindContext& context) {
  const std::vector<std::string> catalog = {
      std::string(Catalog::kCatalogName)};
  const std::vector<std::string> database = {
      std::string(Catalog::kDatabaseName)};
  switch (show.what) {
    case ShowKind::kTables:
      return ListOf("table name", context.catalog->Names(), show.filter);
    case ShowKind::kViews:
      return ListOf("view name", context.catalog->ViewNames(), show.filter);
    case ShowKind::kFunctions:
      return ListOf("function name", FunctionNames(*context.functions),
                    show.filter);
    case ShowKind::kUserFunctions:
      return ListOf("function name", {}, show.filter);
    case ShowKind::kColumns:
      return ColumnsOf(*show.name, show.filter, context);
    case ShowKind::kCreateTable:
    case ShowKind::kCreateView:
      return CreateOf(show, context);
    case ShowKind::kCatalogs:
      return ListOf("catalog name", catalog, show.filter);
    case ShowKind::kCurrentCatalog:
      return ListOf("current catalog name", catalog, show.filter);
    case ShowKind::kDatabases:
      return ListOf("database name", database, show.filter);
    case ShowKind::kCurrentDatabase:
      return ListOf("current database name", database, show.filter);
    default:
      return NotBuiltYet(location, NameOf(show.what));
  }
}

absl::StatusOr<ResultTable> BindDescribe(const Describe& describe,
                                         const BindContext& context) {
  return ColumnsOf(describe.name, std::nullopt, context);
}

}  // namespace millrace::sql
