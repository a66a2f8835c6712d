#include "sql/compiler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_text.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/insert_binder.h"
#include "sql/binder/table_binder.h"
#include "sql/catalog_statements.h"
#include "sql/parser/parser.h"
#include "sql/parser/sql_error.h"
#include "sql/physical/physical_planner.h"
#include "sql/show_statements.h"

namespace millrace::sql {
namespace {

absl::StatusOr<std::vector<BoundInsert>> BindInserts(
    const Statement& statement, const BindContext& context) {
  std::vector<BoundInsert> inserts;
  if (const auto* query = statement.As<QueryStatement>()) {
    ASSIGN_OR_RETURN(BoundInsert bound,
                     BindTopQuery(*query->query, statement.location, context));
    inserts.push_back(std::move(bound));
    return inserts;
  }
  if (const auto* insert = statement.As<Insert>()) {
    ASSIGN_OR_RETURN(BoundInsert bound, BindInsert(*insert, context));
    inserts.push_back(std::move(bound));
    return inserts;
  }
  if (const auto* set = statement.As<StatementSet>()) {
    for (const StatementPtr& one : set->statements) {
      ASSIGN_OR_RETURN(auto bound, BindInserts(*one, context));
      for (BoundInsert& insert : bound) inserts.push_back(std::move(insert));
    }
    return inserts;
  }
  return NotBuiltYet(statement.location, "CREATE TABLE ... AS query");
}

ResultTable SettingsOf(const SessionConfig& config) {
  ResultTable table{.columns = {"key", "value"}};
  for (const auto& [key, value] : config.values()) {
    table.rows.push_back({key, value});
  }
  return table;
}

}  // namespace

SqlSession::SqlSession(Dependencies dependencies, SessionConfig::Map config)
    : dependencies_(dependencies), config_(std::move(config)) {}

BindContext SqlSession::context() const {
  return {.catalog = &catalog_,
          .config = &config_,
          .functions = dependencies_.functions,
          .connectors = dependencies_.connectors};
}

absl::StatusOr<std::vector<StatementResult>> SqlSession::Execute(
    absl::string_view text) {
  auto statements = ParseScript(text);
  if (!statements.ok()) return WithSnippet(statements.status(), text);
  std::vector<StatementResult> results;
  for (const StatementPtr& statement : *statements) {
    auto result = ExecuteOne(*statement);
    if (!result.ok()) {
      return WithSnippet(AtLocation(result.status(), statement->location),
                         text);
    }
    results.push_back(*std::move(result));
  }
  return results;
}

absl::StatusOr<StatementResult> SqlSession::ExecuteOne(
    const Statement& statement) {
  StatementResult result;
  switch (statement.kind()) {
    case StatementKind::kQuery:
    case StatementKind::kInsert:
    case StatementKind::kStatementSet:
      return Plan(statement);
    case StatementKind::kExplain: {
      ASSIGN_OR_RETURN(result, Plan(*statement.As<Explain>()->statement));
      ResultTable text{.columns = {"result"}, .is_text = true};
      text.rows.push_back({PlanText(*result.job())});
      return StatementResult{.value = std::move(text)};
    }
    case StatementKind::kShow: {
      ASSIGN_OR_RETURN(result.value,
                       BindShow(*statement.As<Show>(), statement.location,
                                context()));
      return result;
    }
    case StatementKind::kDescribe: {
      ASSIGN_OR_RETURN(result.value,
                       BindDescribe(*statement.As<Describe>(), context()));
      return result;
    }
    case StatementKind::kSet:
      if (!statement.As<Set>()->option) {
        result.value = SettingsOf(config_);
        return result;
      }
      RETURN_IF_ERROR(SetOption(*statement.As<Set>()));
      return result;
    default:
      RETURN_IF_ERROR(Change(statement));
      return result;
  }
}

absl::StatusOr<StatementResult> SqlSession::Plan(const Statement& statement) {
  ASSIGN_OR_RETURN(auto inserts, BindInserts(statement, context()));
  StatementResult result;
  result.is_query = statement.kind() == StatementKind::kQuery;
  ASSIGN_OR_RETURN(result.value, PlanInserts(std::move(inserts), context()));
  return result;
}

absl::Status SqlSession::SetOption(const Set& set) {
  const absl::Status status = config_.Set(set.option->key, set.option->value);
  return AtLocation(status, status.message().find("CFG-0002") == 0
                                ? set.option->value_location
                                : set.option->key_location);
}

absl::Status SqlSession::Change(const Statement& statement) {
  switch (statement.kind()) {
    case StatementKind::kCreateTable:
      return ExecuteCreateTable(*statement.As<CreateTable>(), context(),
                                catalog_);
    case StatementKind::kCreateView:
      return ExecuteCreateView(*statement.As<CreateView>(), context(),
                               catalog_);
    case StatementKind::kDrop:
      return ExecuteDrop(*statement.As<Drop>(), catalog_);
    case StatementKind::kReset: {
      const auto& key = statement.As<Reset>()->key;
      if (key) return config_.Reset(*key);
      config_.ResetAll();
      return absl::OkStatus();
    }
    case StatementKind::kUse: {
      return CheckUse(*statement.As<Use>(), statement.location);
    }
    case StatementKind::kUnsupported:
      return NotBuiltYet(statement.location,
                         statement.As<UnsupportedStatement>()->name);
    default:
      return absl::InternalError("statement of an unknown kind");
  }
}

}  // namespace millrace::sql
