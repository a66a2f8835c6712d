#include "sql/binder/insert_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/query_binder.h"
#include "sql/catalog/session_config.h"
#include "sql/parser/sql_error.h"

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

// The table as a sink sees it: without computed columns and those it cannot
// write.
TableDescriptor SinkOf(const CatalogTable& table) {
  TableDescriptor descriptor = DescriptorOf(table);
  std::erase_if(descriptor.columns, [](const TableColumn& column) {
    return column.is_virtual;
  });
  return descriptor;
}

std::vector<std::string> NamesOf(const TableDescriptor& sink) {
  std::vector<std::string> names;
  for (const TableColumn& column : sink.columns) names.push_back(column.name);
  return names;
}

// The values of the sink's columns, over the columns of the query.
class Assignment {
 public:
  Assignment(const TableDescriptor& sink, const Insert& insert,
             const BindContext& context)
      : sink_(sink), insert_(insert), context_(context),
        values_(sink.columns.size()) {}

  absl::StatusOr<std::vector<Expr>> Bind(const Schema& query) {
    RETURN_IF_ERROR(BindPartition());
    ASSIGN_OR_RETURN(const std::vector<int> targets, Targets());
    if (targets.size() != query.size()) {
      return Bad("SQL-0150", insert_.query->location,
                 absl::StrCat("the query gives ", query.size(),
                              " columns, table `", sink_.name, "` takes ",
                              targets.size()),
                 "columns are assigned by position",
                 "SELECT as many, or list the columns: INSERT INTO t (a, b).");
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      RETURN_IF_ERROR(Assign(
          targets[i],
          Expr::Column(static_cast<int32_t>(i), query[i].type),
          query[i].name, insert_.query->location));
    }
    std::vector<Expr> exprs;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!values_[i]) RETURN_IF_ERROR(AssignNull(static_cast<int>(i)));
      exprs.push_back(*std::move(values_[i]));
    }
    return exprs;
  }

 private:
  absl::StatusOr<int> Find(const Name& name) const {
    for (size_t i = 0; i < sink_.columns.size(); ++i) {
      if (sink_.columns[i].name == name.text) return static_cast<int>(i);
    }
    return Bad("SQL-0152", name.location,
               absl::StrCat("table `", sink_.name, "` has no column `",
                            name.text, "` to write"),
               "", SuggestName(name.text, NamesOf(sink_)));
  }

  absl::Status BindPartition() {
    const Scope nothing;
    ExpressionBinder binder(context_, nothing, {.clause = "PARTITION"});
    for (const PartitionItem& item : insert_.partition) {
      ASSIGN_OR_RETURN(const int column, Find(item.column));
      const auto& keys = sink_.partition_keys;
      if (std::find(keys.begin(), keys.end(), item.column.text) ==
          keys.end()) {
        return Bad("SQL-0152", item.column.location,
                   absl::StrCat("`", item.column.text,
                                "` is no partition column"));
      }
      if (item.value == nullptr) continue;
      ASSIGN_OR_RETURN(Expr value, binder.Bind(*item.value));
      RETURN_IF_ERROR(Assign(column, std::move(value), item.column.text,
                             item.value->location));
    }
    return absl::OkStatus();
  }

  // The sink's columns that the query's go to, in the query's order.
  absl::StatusOr<std::vector<int>> Targets() const {
    std::vector<int> targets;
    for (const ObjectName& name : insert_.columns) {
      if (name.parts.size() != 1) {
        return NotBuiltYet(name.location, "INSERT into a field of a ROW");
      }
      ASSIGN_OR_RETURN(const int column, Find(name.parts[0]));
      const bool twice = std::find(targets.begin(), targets.end(), column) !=
                         targets.end();
      if (twice || values_[column]) {
        return Bad("SQL-0152", name.location,
                   absl::StrCat("column `", name.parts[0].text,
                                "` is assigned twice"));
      }
      targets.push_back(column);
    }
    if (!insert_.columns.empty()) return targets;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!values_[i]) targets.push_back(static_cast<int>(i));
    }
    return targets;
  }

  absl::Status Assign(int column, Expr value, absl::string_view name,
                      const SourceLocation& location) {
    const TableColumn& target = sink_.columns[column];
    if (!CanStore(value.type, target.type)) {
      return Bad("SQL-0151", location,
                 absl::StrCat("column `", name, "` of the query is ",
                              value.type.ToString(), ", column `",
                              target.name, "` of table `", sink_.name,
                              "` is ", target.type.ToString()),
                 "there is no implicit cast between them",
                 absl::StrCat("Write CAST(... AS ",
                              target.type.AsNullable().ToString(), ")."));
    }
    values_[column] = CastTo(std::move(value), target.type);
    return absl::OkStatus();
  }

  absl::Status AssignNull(int column) {
    const TableColumn& target = sink_.columns[column];
    if (!target.type.nullable()) {
      return Bad("SQL-0152", insert_.table.location,
                 absl::StrCat("column `", target.name,
                              "` is NOT NULL and gets no value"),
                 "", "Add it to the list of columns.");
    }
    values_[column] = Expr::Literal(Value::Null(), target.type);
    return absl::OkStatus();
  }

  const TableDescriptor& sink_;
  const Insert& insert_;
  const BindContext& context_;
  std::vector<std::optional<Expr>> values_;
};

absl::Status CheckBuilt(const Insert& insert) {
  if (insert.overwrite) {
    return NotBuiltYet(insert.table.location, "INSERT OVERWRITE");
  }
  if (!insert.on_conflict.empty()) {
    return NotBuiltYet(insert.table.location, "ON CONFLICT");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoundInsert> BindInsert(const Insert& insert,
                                       const BindContext& context) {
  RETURN_IF_ERROR(CheckBuilt(insert));
  ASSIGN_OR_RETURN(const Catalog::Entry entry,
                   context.catalog->Resolve(insert.table));
  const auto* table = std::get_if<Catalog::TablePtr>(&entry);
  if (table == nullptr) {
    return Bad("SQL-0152", insert.table.location,
               "a view cannot be written into");
  }
  BoundInsert bound{.sink = SinkOf(**table),
                    .location = insert.table.location};
  for (const Hint& hint : insert.hints) {
    for (const HintArgument& argument : hint.arguments) {
      bound.sink.options[argument.key] = argument.value;
    }
  }
  QueryBinder binder(context);
  ASSIGN_OR_RETURN(LogicalPtr query, binder.Bind(*insert.query));
  ASSIGN_OR_RETURN(
      std::vector<Expr> exprs,
      Assignment(bound.sink, insert, context).Bind(query->output));
  bound.query =
      MakeProject(std::move(query), std::move(exprs), NamesOf(bound.sink));
  return bound;
}

absl::StatusOr<BoundInsert> BindTopQuery(const Query& query,
                                         const SourceLocation& location,
                                         const BindContext& context) {
  QueryBinder binder(context);
  ASSIGN_OR_RETURN(LogicalPtr bound, binder.Bind(query));
  BoundInsert insert{.location = location};
  insert.sink.name = "result";
  insert.sink.options["connector"] = "terminal";
  constexpr absl::string_view kWidth = "table.display.max-column-width";
  if (context.config->IsSet(kWidth)) {
    insert.sink.options["max-column-width"] = context.config->Get(kWidth);
  }
  for (const Column& column : bound->output) {
    insert.sink.columns.push_back({.name = column.name, .type = column.type});
  }
  insert.query = std::move(bound);
  return insert;
}

}  // namespace millrace::sql
