#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/parser/ast_expression.h"

namespace millrace::sql {

// One argument of a hint: a name or literal, or key = value. Names and
// literals come as their text.
struct HintArgument {
  std::string key;  // empty when only a value stands there
  std::string value;
  bool key_is_string = false;
  bool value_is_string = false;
  SourceLocation location;
};

// OPTIONS('k' = 'v'), BROADCAST(t1, t2) of /*+ ... */; name as written.
struct Hint {
  Name name;
  std::vector<HintArgument> arguments;
};

// A table, view or common table by name.
struct NamedTable {
  ObjectName name;
  std::vector<Hint> hints;
  ExpressionPtr system_time;  // FOR SYSTEM_TIME AS OF; null when absent
};

// (query), or VALUES in FROM.
struct DerivedTable {
  QueryPtr query;
  bool lateral = false;
};

// TABLE(f(..)), f(..) or LATERAL TABLE(f(..)); window TVFs come so. `call`
// is a FunctionCall.
struct TableFunction {
  ExpressionPtr call;
  bool lateral = false;
  bool wrapped = true;  // TABLE( ) stood around it.
};

struct Unnest {
  std::vector<ExpressionPtr> collections;
  bool with_ordinality = false;
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross, kComma };

// `condition` and `using_columns`: at most one of them is set.
struct Join {
  JoinKind kind = JoinKind::kInner;
  bool natural = false;
  TableReferencePtr left;
  TableReferencePtr right;
  ExpressionPtr condition;  // null when there is no ON
  std::vector<Name> using_columns;
  SourceLocation operator_location;  // The words between the two tables.
};

// `text` is all between the parentheses, as written, not looked into.
struct MatchRecognize {
  TableReferencePtr input;
  std::string text;
};

struct TableAlias {
  Name name;
  std::vector<Name> columns;
};

// In the order of TableReference::node's alternatives.
enum class TableReferenceKind : uint8_t {
  kNamedTable, kDerivedTable, kTableFunction, kUnnest, kJoin, kMatchRecognize,
};

struct TableReference {
  using Node = std::variant<NamedTable, DerivedTable, TableFunction, Unnest,
                            Join, MatchRecognize>;

  Node node;
  std::optional<TableAlias> alias;  // Never on a Join.
  SourceLocation location;
  int32_t height = 1;

  TableReferenceKind kind() const {
    return static_cast<TableReferenceKind>(node.index());
  }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

}  // namespace millrace::sql
