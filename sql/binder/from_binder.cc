#include "sql/binder/from_binder.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/window_tvf_binder.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// The table with the options of /*+ OPTIONS(..) */ over its own.
absl::StatusOr<Catalog::TablePtr> WithHints(const Catalog::TablePtr& table,
                                            const std::vector<Hint>& hints) {
  std::shared_ptr<CatalogTable> changed;
  for (const Hint& hint : hints) {
    if (absl::AsciiStrToUpper(hint.name.text) != "OPTIONS") {
      return NotBuiltYet(hint.name.location,
                         absl::StrCat("hint ", hint.name.text));
    }
    if (!changed) changed = std::make_shared<CatalogTable>(*table);
    for (const HintArgument& argument : hint.arguments) {
      changed->options[argument.key] = argument.value;
    }
  }
  if (!changed) return table;
  return Catalog::TablePtr(std::move(changed));
}

absl::string_view WhatItIs(const TableReference& reference) {
  switch (reference.kind()) {
    case TableReferenceKind::kUnnest: return "UNNEST";
    case TableReferenceKind::kMatchRecognize: return "MATCH_RECOGNIZE";
    default: return "JOIN";
  }
}

}  // namespace

LogicalPtr ScanOf(std::shared_ptr<const CatalogTable> table,
                  const SourceLocation& location) {
  Schema read;
  std::vector<int> places(table->columns.size(), -1);
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const CatalogColumn& column = table->columns[i];
    if (column.kind == ColumnKind::kComputed) continue;
    places[i] = static_cast<int>(read.size());
    read.push_back({.name = column.name, .type = column.type});
  }
  const bool computes = read.size() != table->columns.size();
  LogicalPtr node = MakeNode(ScanNode{table, location}, read);
  if (computes) {
    std::vector<Expr> exprs;
    std::vector<std::string> names;
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const CatalogColumn& column = table->columns[i];
      exprs.push_back(column.computed
                          ? MapColumns(*column.computed, places)
                          : Expr::Column(places[i], column.type));
      names.push_back(column.name);
    }
    node = MakeProject(std::move(node), std::move(exprs), std::move(names));
  }
  if (table->watermark) {
    Schema output = node->output;
    output[table->watermark->column].time = TimeAttribute::kRowtime;
    node = MakeNode(WatermarkNode{table->watermark->column,
                                  table->watermark->expr},
                    std::move(node), std::move(output));
  }
  return node;
}

absl::StatusOr<BoundTable> FromBinder::Bind(const TableReference& reference) {
  ASSIGN_OR_RETURN(BoundTable table, BindNode(reference));
  if (!reference.alias) return table;
  RETURN_IF_ERROR(RenameColumns(table.node->output, reference.alias->columns,
                                reference.location));
  table.scope = Scope(reference.alias->name.text, table.node->output);
  return table;
}

absl::StatusOr<BoundTable> FromBinder::BindNode(
    const TableReference& reference) {
  switch (reference.kind()) {
    case TableReferenceKind::kNamedTable: {
      const auto& named = *reference.As<NamedTable>();
      if (named.system_time != nullptr) {
        return NotBuiltYet(named.system_time->location,
                           "FOR SYSTEM_TIME AS OF");
      }
      return BindNamed(named.name, named.hints);
    }
    case TableReferenceKind::kDerivedTable: {
      const auto& derived = *reference.As<DerivedTable>();
      if (derived.lateral) return NotBuiltYet(reference.location, "LATERAL");
      ASSIGN_OR_RETURN(LogicalPtr node, queries_->Bind(*derived.query));
      Scope scope("", node->output);
      return BoundTable{std::move(node), std::move(scope)};
    }
    case TableReferenceKind::kTableFunction:
      return BindFunction(*reference.As<TableFunction>());
    case TableReferenceKind::kJoin:
      return NotBuiltYet(reference.As<Join>()->operator_location, "JOIN");
    default:
      return NotBuiltYet(reference.location, WhatItIs(reference));
  }
}

absl::StatusOr<BoundTable> FromBinder::BindFunction(
    const TableFunction& function) {
  if (function.lateral) {
    return NotBuiltYet(function.call->location, "LATERAL TABLE");
  }
  ASSIGN_OR_RETURN(LogicalPtr node,
                   BindWindowTvf(*queries_, *function.call));
  Scope scope("", node->output);
  return BoundTable{std::move(node), std::move(scope)};
}

absl::StatusOr<BoundTable> FromBinder::BindCommon(const CommonTable& table,
                                                  size_t depth) {
  // Its query sees only the tables in front of it.
  std::vector<QueryBinder::Visible> all = queries_->common_tables_;
  queries_->common_tables_.resize(depth);
  auto node = queries_->Bind(*table.query);
  queries_->common_tables_ = std::move(all);
  RETURN_IF_ERROR(node.status());
  RETURN_IF_ERROR(
      RenameColumns((*node)->output, table.columns, table.name.location));
  Scope scope(table.name.text, (*node)->output);
  return BoundTable{*std::move(node), std::move(scope)};
}

absl::StatusOr<BoundTable> FromBinder::BindNamed(
    const ObjectName& name, const std::vector<Hint>& hints) {
  if (name.parts.size() == 1) {
    const auto& visible = queries_->common_tables_;
    for (size_t i = visible.size(); i-- > 0;) {
      if (visible[i].table->name.text == name.parts[0].text) {
        return BindCommon(*visible[i].table, visible[i].depth);
      }
    }
  }
  ASSIGN_OR_RETURN(const Catalog::Entry entry,
                   queries_->context().catalog->Resolve(name));
  if (const auto* view = std::get_if<Catalog::ViewPtr>(&entry)) {
    if (!hints.empty()) {
      return NotBuiltYet(hints[0].name.location, "a hint on a view");
    }
    return BindView(*view, name.location);
  }
  ASSIGN_OR_RETURN(Catalog::TablePtr table,
                   WithHints(std::get<Catalog::TablePtr>(entry), hints));
  std::string alias = table->name;
  LogicalPtr node = ScanOf(
      std::move(table), queries_->view_location_.value_or(name.location));
  Scope scope(std::move(alias), node->output);
  return BoundTable{std::move(node), std::move(scope)};
}

absl::StatusOr<BoundTable> FromBinder::BindView(
    const Catalog::ViewPtr& view, const SourceLocation& location) {
  if (queries_->view_depth_ >= QueryBinder::kMaxViewDepth) {
    return SqlError({.code = "SQL-0122",
                     .location = location,
                     .what = absl::StrCat("view `", view->name,
                                          "` contains itself"),
                     .why = {},
                     .fix = "DROP the view and create it anew."});
  }
  QueryBinder inner(queries_->context(), queries_->view_depth_ + 1);
  inner.view_location_ = queries_->view_location_.value_or(location);
  auto node = inner.Bind(*view->query);
  if (!node.ok()) {
    return SqlError({.code = "SQL-0122",
                     .location = location,
                     .what = absl::StrCat("view `", view->name,
                                          "` cannot be used any more"),
                     .why = std::string(node.status().message()),
                     .fix = {}});
  }
  for (size_t i = 0; i < view->column_names.size(); ++i) {
    (*node)->output[i].name = view->column_names[i];
  }
  Scope scope(view->name, (*node)->output);
  return BoundTable{*std::move(node), std::move(scope)};
}

}  // namespace millrace::sql
