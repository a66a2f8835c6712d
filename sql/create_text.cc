#include "sql/create_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sql/catalog/catalog.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {
namespace {

std::string FullName(absl::string_view name) {
  return absl::StrCat("`", Catalog::kCatalogName, "`.`",
                      Catalog::kDatabaseName, "`.", QuoteIdentifier(name));
}

std::string Quoted(const std::vector<std::string>& names) {
  return absl::StrJoin(names, ", ",
                       [](std::string* out, const std::string& name) {
                         out->append(QuoteIdentifier(name));
                       });
}

std::string ColumnText(const CatalogColumn& column) {
  std::string text = QuoteIdentifier(column.name);
  if (column.kind == ColumnKind::kComputed) {
    absl::StrAppend(&text, " AS ", column.text);
  } else {
    absl::StrAppend(&text, " ", column.type.ToString());
  }
  if (column.kind == ColumnKind::kMetadata) {
    absl::StrAppend(&text, " METADATA");
    if (column.metadata_key) {
      absl::StrAppend(&text, " FROM ", QuoteString(*column.metadata_key));
    }
    if (column.is_virtual) absl::StrAppend(&text, " VIRTUAL");
  }
  if (!column.comment.empty()) {
    absl::StrAppend(&text, " COMMENT ", QuoteString(column.comment));
  }
  return text;
}

}  // namespace

std::string CreateText(const CatalogTable& table) {
  std::vector<std::string> lines;
  for (const CatalogColumn& column : table.columns) {
    lines.push_back(ColumnText(column));
  }
  if (table.watermark) {
    lines.push_back(absl::StrCat(
        "WATERMARK FOR ",
        QuoteIdentifier(table.columns[table.watermark->column].name), " AS ",
        table.watermark->text));
  }
  if (!table.primary_key.empty()) {
    lines.push_back(absl::StrCat(
        table.key_name.empty()
            ? ""
            : absl::StrCat("CONSTRAINT ", QuoteIdentifier(table.key_name),
                           " "),
        "PRIMARY KEY (", Quoted(table.primary_key), ") NOT ENFORCED"));
  }
  std::string text = absl::StrCat(
      "CREATE ", table.temporary ? "TEMPORARY " : "", "TABLE ",
      FullName(table.name), " (\n  ", absl::StrJoin(lines, ",\n  "), "\n)\n");
  if (!table.comment.empty()) {
    absl::StrAppend(&text, "COMMENT ", QuoteString(table.comment), "\n");
  }
  if (!table.partition_keys.empty()) {
    absl::StrAppend(&text, "PARTITIONED BY (", Quoted(table.partition_keys),
                    ")\n");
  }
  if (table.options.empty()) return text;
  std::vector<std::string> options;
  for (const auto& [key, value] : table.options) {
    options.push_back(
        absl::StrCat(QuoteString(key), " = ", QuoteString(value)));
  }
  absl::StrAppend(&text, "WITH (\n  ", absl::StrJoin(options, ",\n  "),
                  "\n)\n");
  return text;
}

std::string CreateText(const CatalogView& view) {
  std::string text =
      absl::StrCat("CREATE ", view.temporary ? "TEMPORARY " : "", "VIEW ",
                   FullName(view.name));
  if (!view.column_names.empty()) {
    absl::StrAppend(&text, "(", Quoted(view.column_names), ")");
  }
  if (!view.comment.empty()) {
    absl::StrAppend(&text, "\nCOMMENT ", QuoteString(view.comment));
  }
  return absl::StrCat(text, "\nAS ", view.text, "\n");
}

}  // namespace millrace::sql
