#include "sql/writer/to_sql.h"

#include "sql/writer/expression_writer.h"
#include "sql/writer/query_writer.h"
#include "sql/writer/sql_text.h"
#include "sql/writer/statement_writer.h"

namespace millrace::sql {

std::string ToSql(const Expression& node, QuoteStyle quotes) {
  SqlText out(quotes);
  ExpressionWriter(out).Write(node);
  return out.Take();
}

std::string ToSql(const Query& node, QuoteStyle quotes) {
  SqlText out(quotes);
  QueryWriter(out).Write(node);
  return out.Take();
}

std::string ToSql(const TableReference& node, QuoteStyle quotes) {
  SqlText out(quotes);
  QueryWriter(out).WriteTable(node);
  return out.Take();
}

std::string ToSql(const Statement& node, QuoteStyle quotes) {
  SqlText out(quotes);
  StatementWriter(out).Write(node);
  return out.Take();
}

std::string ToSql(const TypeName& type) {
  return type.unsupported.empty() ? type.type.ToString() : type.unsupported;
}

}  // namespace millrace::sql
