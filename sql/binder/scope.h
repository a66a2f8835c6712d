#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/expression.h"
#include "sql/logical/column.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// The columns that names of one SELECT can mean: those of its FROM, under the
// alias they came by.
class Scope {
 public:
  // `alias` empty: the columns have no qualifier.
  struct Relation {
    std::string alias;
    int first = 0;
    int count = 0;
  };

  Scope() = default;
  Scope(std::string alias, Schema columns);

  const Schema& columns() const { return columns_; }
  const std::vector<Relation>& relations() const { return relations_; }
  // Columns that no name reaches, behind the others.
  void AddHidden(const Schema& columns);

  // The column, or the field of a ROW column, that the name means. An alias
  // goes before a column of the same name: `bid.price` is column `price` of
  // table `bid` if there is one, else field `price` of column `bid`. Errors:
  // SQL-0112 unknown, SQL-0113 ambiguous, SQL-0114 no such field.
  absl::StatusOr<Expr> Resolve(const ObjectName& name) const;

  // The columns that `*` or `alias.*` stand for.
  absl::StatusOr<std::vector<int>> Expand(const Star& star,
                                          const SourceLocation& location) const;

 private:
  // Places of columns called `name`, of one relation or of all.
  std::vector<int> Find(absl::string_view name,
                        const Relation* relation) const;
  const Relation* FindRelation(absl::string_view alias) const;
  absl::StatusOr<Expr> FieldsOf(int column, const std::vector<Name>& parts,
                                size_t next) const;
  absl::Status Unknown(const ObjectName& name,
                       const Relation* relation) const;

  Schema columns_;
  std::vector<Relation> relations_;
};

// "Did you mean `x`?", or what there is where nothing is near.
std::string SuggestName(absl::string_view name,
                        const std::vector<std::string>& candidates);

// Field `name` of `row`; SQL-0114 when there is none or it is no ROW.
absl::StatusOr<Expr> FieldOf(Expr row, const Name& name);

}  // namespace millrace::sql
