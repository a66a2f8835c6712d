#pragma once

#include <vector>

#include "sql/parser/ast.h"
#include "sql/writer/sql_text.h"

namespace millrace::sql {

// Queries and what stands in FROM, as text.
class QueryWriter {
 public:
  explicit QueryWriter(SqlText& out) : out_(out) {}

  void Write(const Query& query);
  void WriteTable(const TableReference& table);
  void WriteHints(const std::vector<Hint>& hints);

  void operator()(const Select& node);
  void operator()(const SetOperation& node);
  void operator()(const Values& node);
  void operator()(const ExplicitTable& node);
  void operator()(const NestedQuery& node);

  void operator()(const NamedTable& node);
  void operator()(const DerivedTable& node);
  void operator()(const TableFunction& node);
  void operator()(const Unnest& node);
  void operator()(const Join& node);
  void operator()(const MatchRecognize& node);

 private:
  void WriteParenthesized(const Query& query);
  void WriteInput(const SetOperation& parent, size_t index);
  void WriteGrouping(const GroupingElement& element);
  void WriteJoinSide(const Join& join, const TableReference& side, bool left);
  void WriteQuantifier(SetQuantifier quantifier);

  SqlText& out_;
};

}  // namespace millrace::sql
