#include "sql/logical/column.h"

#include "absl/strings/str_cat.h"

namespace millrace::sql {

std::vector<std::string> ColumnNames(const Schema& schema) {
  std::vector<std::string> names;
  names.reserve(schema.size());
  for (const Column& column : schema) names.push_back(column.name);
  return names;
}

std::vector<RowField> RowFields(const Schema& schema) {
  std::vector<RowField> fields;
  fields.reserve(schema.size());
  for (const Column& column : schema) {
    fields.push_back({column.name, column.type});
  }
  return fields;
}

std::string TypeText(const Column& column) {
  std::string text = column.type.AsNullable().ToString();
  if (column.time == TimeAttribute::kRowtime) text += " *ROWTIME*";
  if (column.time == TimeAttribute::kProctime) text += " *PROCTIME*";
  if (!column.type.nullable()) text += " NOT NULL";
  return text;
}

}  // namespace millrace::sql
