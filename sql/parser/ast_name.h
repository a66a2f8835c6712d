#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/types/logical_type.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// One identifier, unescaped. `quoted`: it stood in backticks.
struct Name {
  std::string text;
  SourceLocation location;
  bool quoted = false;
};

// a, a.b or a.b.c: a table, view, function, column path... `location` spans
// all parts; there is at least one.
struct ObjectName {
  std::vector<Name> parts;
  SourceLocation location;
};

// A data type. `unsupported` is empty, or the type's text as written because
// it is or contains a type that Flink has and LogicalType has not (VARIANT,
// RAW, BITMAP...); `type` is then meaningless.
struct TypeName {
  LogicalType type;
  std::string unsupported;
  SourceLocation location;
};

struct Expression;
struct TableReference;
struct Query;
struct Statement;

// Deletes out of line, so that a file which only hands trees on does not
// compile their destruction.
struct AstDeleter {
  void operator()(Expression* node) const;
  void operator()(TableReference* node) const;
  void operator()(Query* node) const;
  void operator()(Statement* node) const;
};

// Never null in a tree unless the member says "null when".
using ExpressionPtr = std::unique_ptr<Expression, AstDeleter>;
using TableReferencePtr = std::unique_ptr<TableReference, AstDeleter>;
using QueryPtr = std::unique_ptr<Query, AstDeleter>;
using StatementPtr = std::unique_ptr<Statement, AstDeleter>;

}  // namespace millrace::sql
