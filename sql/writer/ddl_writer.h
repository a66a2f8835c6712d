#pragma once

#include <vector>

#include "sql/parser/ast.h"
#include "sql/writer/sql_text.h"

namespace millrace::sql {

// CREATE TABLE and CREATE VIEW as text.
class DdlWriter {
 public:
  explicit DdlWriter(SqlText& out) : out_(out) {}

  void Write(const CreateTable& table);
  void Write(const CreateView& view);

 private:
  void WriteElements(const CreateTable& table);
  void WriteColumn(const ColumnDefinition& column);
  void WriteKey(const KeyConstraint& key);
  void WriteDistribution(const Distribution& distribution);
  void WriteLike(const TableLike& like);

  SqlText& out_;
};

}  // namespace millrace::sql
