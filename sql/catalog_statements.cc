#include "sql/catalog_statements.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/table_binder.h"
#include "sql/parser/parser.h"
#include "sql/parser/sql_error.h"
#include "sql/writer/to_sql.h"

namespace millrace::sql {
namespace {

// Whether the entry is to be made: not where IF NOT EXISTS says so.
absl::StatusOr<bool> MayCreate(const ObjectName& name, bool if_not_exists,
                               const Catalog& catalog) {
  ASSIGN_OR_RETURN(const std::string local, Catalog::LocalName(name));
  if (catalog.Find(local) == nullptr) return true;
  if (if_not_exists) return false;
  return SqlError({.code = "SQL-0144",
                   .location = name.location,
                   .what = absl::StrCat("there is already a table or view `",
                                        local, "`"),
                   .why = {},
                   .fix = "Write IF NOT EXISTS, or DROP it first."});
}

}  // namespace

absl::Status ExecuteCreateTable(const CreateTable& create,
                                const BindContext& context,
                                Catalog& catalog) {
  ASSIGN_OR_RETURN(const bool may,
                   MayCreate(create.name, create.if_not_exists, catalog));
  if (!may) return absl::OkStatus();
  ASSIGN_OR_RETURN(Catalog::TablePtr table, BindCreateTable(create, context));
  catalog.Put(std::move(table));
  return absl::OkStatus();
}

absl::Status ExecuteCreateView(const CreateView& create,
                               const BindContext& context, Catalog& catalog) {
  if (!create.or_replace) {
    ASSIGN_OR_RETURN(const bool may,
                     MayCreate(create.name, create.if_not_exists, catalog));
    if (!may) return absl::OkStatus();
  }
  QueryBinder binder(context);
  ASSIGN_OR_RETURN(LogicalPtr bound, binder.Bind(*create.query));
  RETURN_IF_ERROR(RenameColumns(bound->output, create.columns,
                                create.name.location));
  auto view = std::make_shared<CatalogView>();
  ASSIGN_OR_RETURN(view->name, Catalog::LocalName(create.name));
  view->temporary = create.temporary;
  view->comment = create.comment.value_or("");
  for (const Name& name : create.columns) {
    view->column_names.push_back(name.text);
  }
  view->text = ToSql(*create.query, QuoteStyle::kAlways);
  ASSIGN_OR_RETURN(QueryPtr copy, ParseQuery(view->text));
  view->query = std::shared_ptr<const Query>(std::move(copy));
  catalog.Put(Catalog::ViewPtr(std::move(view)));
  return absl::OkStatus();
}

absl::Status ExecuteDrop(const Drop& drop, Catalog& catalog) {
  ASSIGN_OR_RETURN(const std::string local, Catalog::LocalName(drop.name));
  const Catalog::Entry* found = catalog.Find(local);
  if (found == nullptr) {
    if (drop.if_exists) return absl::OkStatus();
    return catalog.Resolve(drop.name).status();
  }
  const bool is_view = IsView(*found);
  if (is_view != (drop.kind == DropKind::kView)) {
    return SqlError({.code = "SQL-0145",
                     .location = drop.name.location,
                     .what = absl::StrCat("`", local, "` is a ",
                                          is_view ? "view" : "table"),
                     .why = {},
                     .fix = is_view ? "Write DROP VIEW."
                                    : "Write DROP TABLE."});
  }
  catalog.Remove(local);
  return absl::OkStatus();
}

absl::Status CheckUse(const Use& use, const SourceLocation& location) {
  if (use.kind == UseKind::kModules) {
    return NotBuiltYet(location, "USE MODULES");
  }
  const std::string& last = use.names[0].parts.back().text;
  const absl::string_view only = use.kind == UseKind::kCatalog
                                     ? Catalog::kCatalogName
                                     : Catalog::kDatabaseName;
  if (last == only) return absl::OkStatus();
  return NotBuiltYet(location, absl::StrCat("a catalog or database besides `",
                                            Catalog::kCatalogName, "`.`",
                                            Catalog::kDatabaseName, "`"));
}

}  // namespace millrace::sql
