#pragma once

#include <vector>

#include "runtime/connector/source.h"
#include "runtime/expr/expression.h"

namespace millrace::sql {

// The parts of a table's columns that expressions read: the leaves of its ROW
// columns that are used, and a ROW whole only where it is used whole. Usage:
// Add every expression, then Rewrite them over Columns().
class LeafColumns {
 public:
  // The columns come in the order in which expressions first read them.
  void Add(const Expr& expr);

  std::vector<SourceRequest::Column> Columns() const;

  // `expr` over the columns of the table, as one over Columns().
  // REQUIRES: it was added.
  Expr Rewrite(Expr expr) const;

 private:
  struct Leaf {
    std::vector<int> path;
    LogicalType type;
  };

  void Insert(Leaf leaf);

  std::vector<Leaf> leaves_;
};

// The path that a column, or a field of one, reads; empty for anything else.
std::vector<int> PathOf(const Expr& expr);

}  // namespace millrace::sql
