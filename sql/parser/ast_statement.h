#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/parser/ast_ddl.h"

namespace millrace::sql {

// PARTITION (dt = '2020-01-01', hr)
struct PartitionItem {
  Name column;
  ExpressionPtr value;  // null when dynamic
};

struct Insert {
  bool overwrite = false;
  ObjectName table;
  std::vector<Hint> hints;
  std::vector<PartitionItem> partition;
  std::vector<ObjectName> columns;
  QueryPtr query;
  // "NOTHING", "ERROR", "DEDUPLICATE" of ON CONFLICT DO ..., or empty.
  std::string on_conflict;
};

// EXECUTE STATEMENT SET BEGIN ..; END, BEGIN STATEMENT SET; ..; END. Each is
// an Insert or CREATE TABLE AS (else the parser refuses it).
struct StatementSet {
  std::vector<StatementPtr> statements;
};

// SET 'k' = 'v', SET k = v; SET alone (list all) has no key.
struct Set {
  std::optional<OptionDefinition> option;
};

struct Reset {
  std::optional<std::string> key;  // none: all
};

enum class ShowKind : uint8_t {
  kTables, kViews, kMaterializedTables, kFunctions, kUserFunctions, kColumns,
  kCreateTable, kCreateView, kCatalogs, kCurrentCatalog, kDatabases,
  kCurrentDatabase, kModules, kFullModules, kJars, kJobs, kModels,
  kProcedures, kPartitions,
};

enum class ShowMatch : uint8_t { kLike, kILike };

struct ShowFilter {
  bool negated = false;
  ShowMatch match = ShowMatch::kLike;
  std::string pattern;
};

// SHOW what [FROM | IN name] [[NOT] LIKE | ILIKE 'p']. `name` is the table of
// COLUMNS, CREATE TABLE, CREATE VIEW and PARTITIONS.
struct Show {
  ShowKind what = ShowKind::kTables;
  std::optional<ObjectName> name;
  std::optional<ShowFilter> filter;
};

// DESCRIBE | DESC [EXTENDED] t
struct Describe {
  bool extended = false;
  ObjectName name;
};

enum class ExplainDetail : uint8_t {
  kEstimatedCost, kChangelogMode, kPlanAdvice, kJsonExecutionPlan,
};

struct Explain {
  std::vector<ExplainDetail> details;
  StatementPtr statement;  // QueryStatement, Insert, StatementSet, CTAS
};

enum class UseKind : uint8_t { kDatabase, kCatalog, kModules };

struct Use {
  UseKind kind = UseKind::kDatabase;
  std::vector<ObjectName> names;  // one, but for MODULES
};

struct QueryStatement {
  QueryPtr query;
};

// A statement of Flink that Millrace knows by name alone: "ALTER TABLE".
// Everything behind the name was skipped unread.
struct UnsupportedStatement {
  std::string name;
};

// In the order of Statement::node's alternatives.
enum class StatementKind : uint8_t {
  kQuery, kInsert, kStatementSet, kCreateTable, kCreateView, kDrop, kSet,
  kReset, kShow, kDescribe, kExplain, kUse, kUnsupported,
};

struct Statement {
  using Node =
      std::variant<QueryStatement, Insert, StatementSet, CreateTable,
                   CreateView, Drop, Set, Reset, Show, Describe, Explain, Use,
                   UnsupportedStatement>;

  Node node;
  SourceLocation location;  // Without the `;`.

  StatementKind kind() const {
    return static_cast<StatementKind>(node.index());
  }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

}  // namespace millrace::sql
