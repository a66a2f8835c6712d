#include "sql/parser/column_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/type_parser.h"

namespace millrace::sql {

absl::Status ColumnParser::ParseList(CreateTable& table) {
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  if (cursor_.AtName() && (cursor_.At(",", 1) || cursor_.At(")", 1))) {
    do {
      ASSIGN_OR_RETURN(Name name, cursor_.TakeName("a column name"));
      table.column_names.push_back(std::move(name));
    } while (cursor_.Accept(","));
  } else if (!cursor_.At(")")) {
    do {
      RETURN_IF_ERROR(ParseElement(table));
    } while (cursor_.Accept(","));
  }
  return cursor_.ExpectClosing(")", open);
}

absl::Status ColumnParser::ParseElement(CreateTable& table) {
  if (cursor_.At("WATERMARK", 0) && cursor_.At("FOR", 1)) {
    return ParseWatermark(table);
  }
  const bool key = (cursor_.At("PRIMARY", 0) && cursor_.At("KEY", 1)) ||
                   (cursor_.At("UNIQUE", 0) && cursor_.At("(", 1));
  if (key || (cursor_.At("CONSTRAINT", 0) &&
              (cursor_.At("PRIMARY", 2) || cursor_.At("UNIQUE", 2)))) {
    return ParseConstraint(table);
  }
  return ParseColumn(table);
}

absl::Status ColumnParser::ParseWatermark(CreateTable& table) {
  WatermarkDefinition watermark;
  watermark.location = cursor_.Take().location;
  cursor_.Take();
  ASSIGN_OR_RETURN(watermark.column, cursor_.TakeObjectName("a column name"));
  RETURN_IF_ERROR(cursor_.Expect("AS"));
  ASSIGN_OR_RETURN(watermark.expression, ExpressionParser(cursor_).Parse());
  watermark.location = cursor_.Since(watermark.location);
  table.watermarks.push_back(std::move(watermark));
  return absl::OkStatus();
}

absl::Status ColumnParser::ParseConstraint(CreateTable& table) {
  KeyConstraint key;
  key.location = cursor_.Here();
  if (cursor_.Accept("CONSTRAINT")) {
    ASSIGN_OR_RETURN(key.constraint,
                     cursor_.TakeName("the name of a constraint"));
  }
  RETURN_IF_ERROR(ParseKeyWords(key));
  ASSIGN_OR_RETURN(key.columns, cursor_.TakeNameList("a column name"));
  RETURN_IF_ERROR(ParseEnforced(key));
  key.location = cursor_.Since(key.location);
  table.keys.push_back(std::move(key));
  return absl::OkStatus();
}

absl::Status ColumnParser::ParseKeyWords(KeyConstraint& key) {
  key.primary = cursor_.Accept("PRIMARY");
  return cursor_.Expect(key.primary ? "KEY" : "UNIQUE");
}

absl::Status ColumnParser::ParseEnforced(KeyConstraint& key) {
  if (cursor_.Accept("NOT")) {
    key.enforced = false;
    return cursor_.Expect("ENFORCED");
  }
  cursor_.Accept("ENFORCED");
  return absl::OkStatus();
}

// name type [METADATA ..] [[CONSTRAINT c] PRIMARY KEY ..] [COMMENT ''],
// name AS expression [COMMENT '']
absl::Status ColumnParser::ParseColumn(CreateTable& table) {
  ColumnDefinition column;
  column.location = cursor_.Here();
  ASSIGN_OR_RETURN(column.name, cursor_.TakeName("a column name"));
  std::optional<KeyConstraint> key;
  if (cursor_.Accept("AS")) {
    column.kind = ColumnKind::kComputed;
    ASSIGN_OR_RETURN(column.expression, ExpressionParser(cursor_).Parse());
  } else {
    ASSIGN_OR_RETURN(column.type, TypeParser(cursor_).Parse());
    if (cursor_.At("METADATA")) RETURN_IF_ERROR(ParseMetadata(column));
    const SourceLocation start = cursor_.Here();
    if (cursor_.At("CONSTRAINT") || cursor_.At("PRIMARY") ||
        cursor_.At("UNIQUE")) {
      key.emplace();
      if (cursor_.Accept("CONSTRAINT")) {
        ASSIGN_OR_RETURN(key->constraint,
                         cursor_.TakeName("the name of a constraint"));
      }
      RETURN_IF_ERROR(ParseKeyWords(*key));
      RETURN_IF_ERROR(ParseEnforced(*key));
      key->columns.push_back(column.name);
      key->location = cursor_.Since(start);
    }
  }
  if (cursor_.Accept("COMMENT")) {
    ASSIGN_OR_RETURN(column.comment, cursor_.TakeString("a string"));
  }
  column.location = cursor_.Since(column.location);
  table.columns.push_back(std::move(column));
  if (key) table.keys.push_back(*std::move(key));
  return absl::OkStatus();
}

// METADATA [FROM 'key'] [VIRTUAL]
absl::Status ColumnParser::ParseMetadata(ColumnDefinition& column) {
  cursor_.Take();
  column.kind = ColumnKind::kMetadata;
  if (cursor_.Accept("FROM")) {
    ASSIGN_OR_RETURN(column.metadata_key,
                     cursor_.TakeString("the metadata's key in quotes"));
  }
  column.is_virtual = cursor_.Accept("VIRTUAL");
  return absl::OkStatus();
}

}  // namespace millrace::sql
