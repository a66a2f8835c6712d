#include "sql/parser/statement_parser.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/ddl_parser.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/hint_parser.h"
#include "sql/parser/info_parser.h"
#include "sql/parser/query_parser.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// Statements of Flink that are known by name alone.
constexpr absl::string_view kUnsupported[] = {
    "ADD JAR", "ALTER CATALOG", "ALTER CONNECTION", "ALTER DATABASE",
    "ALTER FUNCTION", "ALTER MATERIALIZED TABLE", "ALTER MODEL",
    "ALTER TABLE", "ALTER TEMPORARY FUNCTION",
    "ALTER TEMPORARY SYSTEM FUNCTION", "ALTER VIEW", "ANALYZE TABLE", "CALL",
    "COMPILE AND EXECUTE PLAN", "COMPILE PLAN", "CREATE CATALOG",
    "CREATE CONNECTION", "CREATE DATABASE", "CREATE FUNCTION",
    "CREATE MATERIALIZED TABLE", "CREATE MODEL",
    "CREATE OR ALTER MATERIALIZED TABLE", "CREATE TEMPORARY CONNECTION",
    "CREATE TEMPORARY FUNCTION", "CREATE TEMPORARY MODEL",
    "CREATE TEMPORARY SYSTEM FUNCTION", "DELETE FROM", "DESC CATALOG",
    "DESC DATABASE", "DESC FUNCTION", "DESC JOB", "DESC MODEL",
    "DESCRIBE CATALOG", "DESCRIBE DATABASE", "DESCRIBE FUNCTION",
    "DESCRIBE JOB", "DESCRIBE MODEL", "DROP CATALOG", "DROP CONNECTION",
    "DROP DATABASE", "DROP FUNCTION", "DROP MATERIALIZED TABLE", "DROP MODEL",
    "DROP TEMPORARY CONNECTION", "DROP TEMPORARY FUNCTION",
    "DROP TEMPORARY MODEL", "DROP TEMPORARY SYSTEM FUNCTION", "EXECUTE PLAN",
    "LOAD MODULE", "MERGE INTO", "REMOVE JAR", "SHOW CONNECTIONS",
    "SHOW CREATE CATALOG", "SHOW CREATE CONNECTION", "SHOW CREATE MODEL",
    "SHOW CREATE MATERIALIZED TABLE", "STOP JOB", "TRUNCATE TABLE",
    "UNLOAD MODULE", "UPDATE"};

// The details of EXPLAIN, in ExplainDetail's order.
constexpr absl::string_view kDetails[] = {"ESTIMATED_COST", "CHANGELOG_MODE",
                                          "PLAN_ADVICE",
                                          "JSON_EXECUTION_PLAN"};

}  // namespace

absl::StatusOr<StatementPtr> StatementParser::Parse() {
  RETURN_IF_ERROR(cursor_.Enter(1));
  const NestingScope scope(cursor_, 1);
  const SourceLocation start = cursor_.Here();
  UnsupportedStatement unsupported;
  if (AcceptUnsupported(unsupported)) {
    Skip();
    return MakeStatement(cursor_.Since(start), std::move(unsupported));
  }
  ASSIGN_OR_RETURN(Statement::Node node, ParseNode());
  return MakeStatement(cursor_.Since(start), std::move(node));
}

bool StatementParser::AcceptUnsupported(UnsupportedStatement& statement) {
  for (const absl::string_view name : kUnsupported) {
    const std::vector<absl::string_view> words = absl::StrSplit(name, ' ');
    const int count = static_cast<int>(words.size());
    int same = 0;
    while (same < count && cursor_.At(words[same], same)) ++same;
    // DESCRIBE job and the like are tables with such a name.
    const bool named = absl::StartsWith(name, "DESC");
    if (same < count || (named && !cursor_.AtName(count) &&
                         cursor_.Peek(count).kind != TokenKind::kString)) {
      continue;
    }
    for (int i = 0; i < count; ++i) cursor_.Take();
    statement.name = std::string(name);
    return true;
  }
  return false;
}

void StatementParser::Skip() {
  bool in_set = false;
  while (!cursor_.AtEnd() && (in_set || !cursor_.At(";", 0))) {
    const bool set = cursor_.At("STATEMENT", 0) && cursor_.At("SET", 1);
    // BEGIN STATEMENT SET; and STATEMENT SET BEGIN run up to an END.
    if (set) in_set = true;
    if (cursor_.At("END", 0) && (cursor_.At(";", 1) ||
                                 cursor_.Peek(1).kind == TokenKind::kEnd)) {
      in_set = false;
    }
    cursor_.Take();
  }
}

bool StatementParser::AtQuery() const {
  return cursor_.At("SELECT", 0) || cursor_.At("WITH", 0) ||
         cursor_.At("VALUES", 0) || cursor_.At("(", 0);
}

absl::StatusOr<Statement::Node> StatementParser::ParseNode() {
  if (AtQuery()) return ParseQuery();
  // Named in the error, should no other statement begin here.
  for (const char* word : {"SELECT", "WITH", "VALUES"}) cursor_.At(word);
  if (cursor_.Accept("INSERT")) return ParseInsert();
  if (cursor_.Accept("CREATE")) return ParseCreate();
  if (cursor_.Accept("DROP")) return ParseDrop();
  if (cursor_.Accept("SET")) return InfoParser(cursor_).ParseSet();
  if (cursor_.Accept("RESET")) return InfoParser(cursor_).ParseReset();
  if (cursor_.Accept("EXECUTE")) return ParseExecute();
  if (cursor_.Accept("BEGIN")) {
    RETURN_IF_ERROR(cursor_.Expect("STATEMENT"));
    RETURN_IF_ERROR(cursor_.Expect("SET"));
    RETURN_IF_ERROR(cursor_.Expect(";"));
    return ParseStatementSet();
  }
  if (cursor_.Accept("EXPLAIN")) return ParseExplain();
  if (cursor_.Accept("SHOW")) return InfoParser(cursor_).ParseShow();
  if (cursor_.Accept("DESCRIBE") || cursor_.Accept("DESC")) {
    return InfoParser(cursor_).ParseDescribe();
  }
  if (cursor_.Accept("USE")) return InfoParser(cursor_).ParseUse();
  return cursor_.Unexpected();
}

absl::StatusOr<Statement::Node> StatementParser::ParseQuery() {
  QueryStatement statement;
  ASSIGN_OR_RETURN(statement.query, QueryParser(cursor_).Parse());
  return statement;
}

absl::StatusOr<Statement::Node> StatementParser::ParseCreate() {
  DdlParser::Prefix prefix;
  if (cursor_.Accept("OR")) {
    RETURN_IF_ERROR(cursor_.Expect("REPLACE"));
    prefix.or_replace = true;
  }
  prefix.temporary = cursor_.Accept("TEMPORARY");
  if (cursor_.Accept("TABLE")) {
    return DdlParser(cursor_).ParseCreateTable(prefix);
  }
  RETURN_IF_ERROR(cursor_.Expect("VIEW"));
  return DdlParser(cursor_).ParseCreateView(prefix);
}

absl::StatusOr<Statement::Node> StatementParser::ParseDrop() {
  const bool temporary = cursor_.Accept("TEMPORARY");
  const bool table = cursor_.Accept("TABLE");
  if (!table) RETURN_IF_ERROR(cursor_.Expect("VIEW"));
  return DdlParser(cursor_).ParseDrop(
      table ? DropKind::kTable : DropKind::kView, temporary);
}

absl::StatusOr<Statement::Node> StatementParser::ParseInsert() {
  Insert insert;
  insert.overwrite = cursor_.Accept("OVERWRITE");
  if (!insert.overwrite) RETURN_IF_ERROR(cursor_.Expect("INTO"));
  RETURN_IF_ERROR(ParseInsertTarget(insert));
  ASSIGN_OR_RETURN(insert.query, QueryParser(cursor_).Parse());
  if (cursor_.Accept("ON")) {
    RETURN_IF_ERROR(cursor_.Expect("CONFLICT"));
    RETURN_IF_ERROR(cursor_.Expect("DO"));
    if (!cursor_.At("NOTHING") && !cursor_.At("ERROR") &&
        !cursor_.At("DEDUPLICATE")) {
      return cursor_.Unexpected();
    }
    insert.on_conflict = cursor_.Take().match;
  }
  return insert;
}

// t /*+ .. */ [PARTITION (dt = '..', hr)] [(a, b.c)]
absl::Status StatementParser::ParseInsertTarget(Insert& insert) {
  ASSIGN_OR_RETURN(insert.table, cursor_.TakeObjectName("a table name"));
  ASSIGN_OR_RETURN(insert.hints, HintParser(cursor_).Parse());
  if (cursor_.Accept("PARTITION")) {
    const SourceLocation open = cursor_.Here();
    RETURN_IF_ERROR(cursor_.Expect("("));
    do {
      PartitionItem item;
      ASSIGN_OR_RETURN(item.column, cursor_.TakeName("a column name"));
      if (cursor_.Accept("=")) {
        ASSIGN_OR_RETURN(item.value, ExpressionParser(cursor_).Parse());
      }
      insert.partition.push_back(std::move(item));
    } while (cursor_.Accept(","));
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  }
  if (!cursor_.At("(") || QueryParser::IsAhead(cursor_, 1)) {
    return absl::OkStatus();
  }
  const SourceLocation open = cursor_.Take().location;
  do {
    ASSIGN_OR_RETURN(ObjectName column,
                     cursor_.TakeObjectName("a column name"));
    insert.columns.push_back(std::move(column));
  } while (cursor_.Accept(","));
  return cursor_.ExpectClosing(")", open);
}

// EXECUTE STATEMENT SET BEGIN .. END, or EXECUTE in front of one statement.
absl::StatusOr<Statement::Node> StatementParser::ParseExecute() {
  if (cursor_.Accept("INSERT")) return ParseInsert();
  if (AtQuery()) return ParseQuery();
  cursor_.At("INSERT");
  RETURN_IF_ERROR(cursor_.Expect("STATEMENT"));
  RETURN_IF_ERROR(cursor_.Expect("SET"));
  RETURN_IF_ERROR(cursor_.Expect("BEGIN"));
  return ParseStatementSet();
}

// INSERT ..; INSERT ..; END
absl::StatusOr<Statement::Node> StatementParser::ParseStatementSet() {
  StatementSet set;
  while (!cursor_.Accept("END")) {
    const SourceLocation start = cursor_.Here();
    if (!cursor_.At("INSERT") && !cursor_.At("CREATE")) {
      return cursor_.Unexpected();
    }
    ASSIGN_OR_RETURN(StatementPtr statement, Parse());
    const auto* table = statement->As<CreateTable>();
    if (!statement->As<Insert>() && !(table && table->as)) {
      return SqlError(
          {.code = "SQL-0007",
           .location = start,
           .what = "a statement set holds nothing but INSERT and CREATE TABLE "
                   ".. AS",
           .fix = "Put this statement before the set"});
    }
    set.statements.push_back(std::move(statement));
    RETURN_IF_ERROR(cursor_.Expect(";"));
  }
  return set;
}

// EXPLAIN [PLAN FOR | detail, detail] statement | STATEMENT SET BEGIN .. END
absl::StatusOr<Statement::Node> StatementParser::ParseExplain() {
  Explain explain;
  if (cursor_.Accept("PLAN")) {
    RETURN_IF_ERROR(cursor_.Expect("FOR"));
  } else {
    const auto detail_here = [this] {
      return std::ranges::find(kDetails, cursor_.Peek().match) -
             std::begin(kDetails);
    };
    while (detail_here() < std::ssize(kDetails)) {
      explain.details.push_back(static_cast<ExplainDetail>(detail_here()));
      cursor_.Take();
      if (!cursor_.Accept(",")) break;
      if (detail_here() == std::ssize(kDetails)) {
        return cursor_.Unexpected(
            "ESTIMATED_COST, CHANGELOG_MODE, PLAN_ADVICE or "
            "JSON_EXECUTION_PLAN");
      }
    }
  }
  if (cursor_.At("STATEMENT") && cursor_.At("SET", 1)) {
    const SourceLocation start = cursor_.Take().location;
    cursor_.Take();
    RETURN_IF_ERROR(cursor_.Expect("BEGIN"));
    ASSIGN_OR_RETURN(Statement::Node set, ParseStatementSet());
    explain.statement = MakeStatement(cursor_.Since(start), std::move(set));
    return explain;
  }
  const bool explainable = AtQuery() || cursor_.At("INSERT") ||
                           cursor_.At("EXECUTE") || cursor_.At("CREATE");
  if (!explainable) {
    return cursor_.Unexpected("a query, INSERT, CREATE TABLE .. AS or "
                              "STATEMENT SET");
  }
  ASSIGN_OR_RETURN(explain.statement, Parse());
  return explain;
}

}  // namespace millrace::sql
