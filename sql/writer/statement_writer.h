#pragma once

#include <vector>

#include "sql/parser/ast.h"
#include "sql/writer/sql_text.h"

namespace millrace::sql {

// Statements as text, without a `;`.
class StatementWriter {
 public:
  explicit StatementWriter(SqlText& out) : out_(out) {}

  void Write(const Statement& statement);

  void operator()(const QueryStatement& node);
  void operator()(const Insert& node);
  void operator()(const StatementSet& node);
  void operator()(const CreateTable& node);
  void operator()(const CreateView& node);
  void operator()(const Drop& node);
  void operator()(const Set& node);
  void operator()(const Reset& node);
  void operator()(const Show& node);
  void operator()(const Describe& node);
  void operator()(const Explain& node);
  void operator()(const Use& node);
  void operator()(const UnsupportedStatement& node);

 private:
  void WriteInsertTarget(const Insert& node);

  SqlText& out_;
};

}  // namespace millrace::sql
