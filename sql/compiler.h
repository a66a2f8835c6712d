#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sql/binder/bind_context.h"
#include "sql/statement_result.h"

namespace millrace::sql {

// The SQL front end: a session with its tables, views and settings, that turns
// statements into jobs and tables of text. Touches nothing outside: what a
// connector says of a table it says from the options alone.
//
// Not thread-safe. Errors carry a code, the place and a snippet of the text
// with carets; a statement that fails changes nothing.
class SqlSession {
 public:
  // What the session borrows; it must outlive it.
  struct Dependencies {
    const ConnectorRegistry* connectors = nullptr;
    const FunctionRegistry* functions = nullptr;
  };

  // `config`: what SET changes, for this session only.
  SqlSession(Dependencies dependencies, SessionConfig::Map config = {});

  // The statements of a script, one after the other, each over what those
  // before it did. Nothing runs: a fault in the last statement is found before
  // the first job starts. A result for each statement, in order.
  absl::StatusOr<std::vector<StatementResult>> Execute(absl::string_view text);

  const Catalog& catalog() const { return catalog_; }
  const SessionConfig& config() const { return config_; }

 private:
  absl::StatusOr<StatementResult> ExecuteOne(const Statement& statement);
  absl::StatusOr<StatementResult> Plan(const Statement& statement);
  absl::Status Change(const Statement& statement);
  absl::Status SetOption(const Set& set);
  BindContext context() const;

  Dependencies dependencies_;
  SessionConfig config_;
  Catalog catalog_;
};

}  // namespace millrace::sql
