#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/connector/table.h"
#include "runtime/expr/expression.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// A column as it was declared. Values, immutable once in the catalog.
struct CatalogColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kPhysical;
  LogicalType type;
  std::optional<std::string> metadata_key;  // As written after FROM.
  bool is_virtual = false;
  // Computed columns: over the places of all declared columns, of which it
  // uses none that is itself computed; and the text for SHOW.
  std::optional<Expr> computed;
  std::string text;
  std::string comment;
};

struct CatalogWatermark {
  int column = 0;
  Expr expr;  // Over the places of all declared columns.
  std::string text;
};

// A table as CREATE TABLE described it, bound and checked but for its
// connector, which is asked when the table is used.
struct CatalogTable {
  std::string name;
  bool temporary = false;
  std::vector<CatalogColumn> columns;
  std::optional<CatalogWatermark> watermark;
  std::string key_name;  // The constraint's, "" where none was given.
  std::vector<std::string> primary_key;
  std::vector<std::string> partition_keys;
  std::string comment;
  TableOptions options;

  std::optional<int> FindColumn(absl::string_view column_name) const;
};

// A view: its query is bound again wherever it is used.
struct CatalogView {
  std::string name;
  bool temporary = false;
  std::vector<std::string> column_names;  // Empty: the query's own.
  std::string comment;
  std::string text;  // Of the query, printed.
  std::shared_ptr<const Query> query;
};

// What the connector is told: every column but the computed ones.
TableDescriptor DescriptorOf(const CatalogTable& table);

}  // namespace millrace::sql
