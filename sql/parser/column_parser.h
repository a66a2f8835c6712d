#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// What stands between the parentheses of CREATE TABLE: columns of the three
// kinds, watermarks, keys.
class ColumnParser {
 public:
  explicit ColumnParser(TokenCursor& cursor) : cursor_(cursor) {}

  // ( .. ) into `table`; a list of bare names, as CREATE TABLE t (a, b) AS
  // allows, goes to its column_names.
  absl::Status ParseList(CreateTable& table);

 private:
  absl::Status ParseElement(CreateTable& table);
  absl::Status ParseColumn(CreateTable& table);
  absl::Status ParseMetadata(ColumnDefinition& column);
  absl::Status ParseWatermark(CreateTable& table);
  // [CONSTRAINT c] PRIMARY KEY | UNIQUE (a, b) [NOT ENFORCED]
  absl::Status ParseConstraint(CreateTable& table);
  // PRIMARY KEY or UNIQUE, and behind a column also [NOT] ENFORCED.
  absl::Status ParseKeyWords(KeyConstraint& key);
  absl::Status ParseEnforced(KeyConstraint& key);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
