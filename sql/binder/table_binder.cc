#include "sql/binder/table_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/table_like.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {
namespace {

absl::Status Bad(absl::string_view code, const SourceLocation& location,
                 std::string what, std::string why = {},
                 std::string fix = {}) {
  return SqlError({.code = code,
                   .location = location,
                   .what = std::move(what),
                   .why = std::move(why),
                   .fix = std::move(fix)});
}

absl::Status CheckBuilt(const CreateTable& create) {
  if (create.as != nullptr) {
    return NotBuiltYet(create.name.location, "CREATE TABLE ... AS query");
  }
  if (create.or_replace) {
    return NotBuiltYet(create.name.location, "CREATE OR REPLACE TABLE");
  }
  if (create.distribution) {
    return NotBuiltYet(create.name.location, "DISTRIBUTED BY");
  }
  return absl::OkStatus();
}

class TableBinder {
 public:
  TableBinder(const CreateTable& create, const BindContext& context,
              CatalogTable table)
      : create_(create), context_(context), table_(std::move(table)) {}

  absl::StatusOr<std::shared_ptr<const CatalogTable>> Bind() {
    RETURN_IF_ERROR(AddColumns());
    RETURN_IF_ERROR(BindComputed());
    RETURN_IF_ERROR(AddWatermark());
    RETURN_IF_ERROR(AddKey());
    RETURN_IF_ERROR(AddPartitions());
    for (const OptionDefinition& option : create_.options) {
      table_.options[option.key] = option.value;
    }
    if (create_.comment) table_.comment = *create_.comment;
    return std::make_shared<const CatalogTable>(std::move(table_));
  }

 private:
  absl::Status AddColumns() {
    for (const ColumnDefinition& defined : create_.columns) {
      if (table_.FindColumn(defined.name.text)) {
        return Bad("SQL-0140", defined.name.location,
                   absl::StrCat("column `", defined.name.text,
                                "` stands here twice"));
      }
      if (defined.type && !defined.type->unsupported.empty()) {
        return NotBuiltYet(defined.type->location,
                           absl::StrCat("type ", defined.type->unsupported));
      }
      CatalogColumn column;
      column.name = defined.name.text;
      column.kind = defined.kind;
      if (defined.type) column.type = defined.type->type;
      column.metadata_key = defined.metadata_key;
      column.is_virtual = defined.is_virtual;
      column.comment = defined.comment.value_or("");
      table_.columns.push_back(std::move(column));
    }
    return absl::OkStatus();
  }

  // Columns of the table by name; computed ones only where `computed` says so.
  Scope ScopeOf(bool computed) const {
    Schema schema;
    for (const CatalogColumn& column : table_.columns) {
      const bool hidden =
          column.kind == ColumnKind::kComputed && !computed;
      schema.push_back(
          {.name = hidden ? "" : column.name, .type = column.type});
    }
    return Scope(table_.name, std::move(schema));
  }

  absl::Status BindComputed() {
    const Scope scope = ScopeOf(false);
    ExpressionBinder binder(context_, scope, {.clause = "a computed column"});
    for (const ColumnDefinition& defined : create_.columns) {
      if (defined.kind != ColumnKind::kComputed) continue;
      CatalogColumn& column =
          table_.columns[*table_.FindColumn(defined.name.text)];
      ASSIGN_OR_RETURN(Expr expr, binder.Bind(*defined.expression));
      column.type = expr.type;
      column.computed = std::move(expr);
      column.text = ToSql(*defined.expression, QuoteStyle::kAlways);
    }
    return absl::OkStatus();
  }

  absl::Status AddWatermark() {
    if (create_.watermarks.empty()) return absl::OkStatus();
    const WatermarkDefinition& defined = create_.watermarks[0];
    if (create_.watermarks.size() > 1) {
      return Bad("SQL-0141", create_.watermarks[1].location,
                 "a table has one WATERMARK at most");
    }
    const Scope scope = ScopeOf(true);
    ASSIGN_OR_RETURN(const Expr time, scope.Resolve(defined.column));
    if (time.kind != Expr::Kind::kColumn) {
      return Bad("SQL-0141", defined.column.location,
                 "the event time is a field of a ROW",
                 "it must be a column of the table",
                 "Add a computed column for it.");
    }
    RETURN_IF_ERROR(CheckTime(time.type, defined.column.location));
    ExpressionBinder binder(context_, scope, {.clause = "WATERMARK"});
    ASSIGN_OR_RETURN(Expr watermark, binder.Bind(*defined.expression));
    RETURN_IF_ERROR(CheckTime(watermark.type, defined.expression->location));
    table_.watermark =
        CatalogWatermark{time.column, std::move(watermark),
                         ToSql(*defined.expression, QuoteStyle::kAlways)};
    return absl::OkStatus();
  }

  absl::Status CheckTime(const LogicalType& type,
                         const SourceLocation& location) {
    if (type.IsTimestamp() && type.precision() <= 3) return absl::OkStatus();
    return Bad("SQL-0141", location,
               absl::StrCat("type ", type.ToString(),
                            " cannot be an event time"),
               "it must be a TIMESTAMP(p) or TIMESTAMP_LTZ(p), p <= 3",
               type.IsIntegral()
                   ? "Compute it with TO_TIMESTAMP_LTZ(column, 3)."
                   : "CAST it, or TO_TIMESTAMP(text).");
  }

  absl::Status AddKey() {
    for (const KeyConstraint& key : create_.keys) {
      if (!key.primary) return NotBuiltYet(key.location, "UNIQUE");
      if (key.enforced) {
        return Bad("SQL-0142", key.location, "PRIMARY KEY is ENFORCED",
                   "Millrace does not own the table's rows",
                   "Write PRIMARY KEY (...) NOT ENFORCED.");
      }
      if (!table_.primary_key.empty()) {
        return Bad("SQL-0142", key.location,
                   "a table has one PRIMARY KEY at most");
      }
      if (key.constraint) table_.key_name = key.constraint->text;
      for (const Name& name : key.columns) {
        ASSIGN_OR_RETURN(CatalogColumn * column, Physical(name, "a key"));
        column->type = column->type.NotNull();
        table_.primary_key.push_back(name.text);
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddPartitions() {
    for (const Name& name : create_.partitioned_by) {
      RETURN_IF_ERROR(Physical(name, "a partition").status());
      table_.partition_keys.push_back(name.text);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CatalogColumn*> Physical(const Name& name,
                                          absl::string_view use) {
    const auto place = table_.FindColumn(name.text);
    if (!place) {
      std::vector<std::string> names;
      for (const CatalogColumn& column : table_.columns) {
        names.push_back(column.name);
      }
      return Bad("SQL-0112", name.location,
                 absl::StrCat("column `", name.text, "` does not exist"), "",
                 SuggestName(name.text, names));
    }
    CatalogColumn& column = table_.columns[*place];
    if (column.kind == ColumnKind::kPhysical) return &column;
    return Bad("SQL-0142", name.location,
               absl::StrCat("column `", name.text, "` cannot be ", use),
               "it must be a physical column");
  }

  const CreateTable& create_;
  const BindContext& context_;
  CatalogTable table_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const CatalogTable>> BindCreateTable(
    const CreateTable& create, const BindContext& context) {
  RETURN_IF_ERROR(CheckBuilt(create));
  CatalogTable start;
  if (create.like) {
    ASSIGN_OR_RETURN(start, BindLikeClause(*create.like, create,
                                           *context.catalog));
  }
  ASSIGN_OR_RETURN(start.name, Catalog::LocalName(create.name));
  start.temporary = create.temporary;
  return TableBinder(create, context, std::move(start)).Bind();
}

}  // namespace millrace::sql
