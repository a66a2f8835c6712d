#include "sql/parser/keywords.h"

#include <algorithm>

namespace millrace::sql {
namespace {

// Sorted.
constexpr absl::string_view kReserved[] = {
    "ALL",       "AND",      "ANY",        "AS",
    "ASYMMETRIC", "BETWEEN", "BY",         "CASE",
    "CREATE",    "CROSS",    "DISTINCT",   "DROP",
    "ELSE",      "END",      "ESCAPE",     "EXCEPT",
    "EXISTS",    "FALSE",    "FETCH",      "FOR",
    "FROM",      "FULL",     "GROUP",      "HAVING",
    "IN",        "INNER",    "INSERT",     "INTERSECT",
    "INTERVAL",  "INTO",     "IS",         "JOIN",
    "LATERAL",   "LEFT",     "LIKE",       "LIMIT",
    "MATCH_RECOGNIZE", "MINUS", "NATURAL", "NOT",
    "NULL",      "OFFSET",   "ON",         "OR",
    "ORDER",     "OUTER",    "OVER",       "OVERLAPS",
    "PARTITION", "PIVOT",    "PRIMARY",    "QUALIFY",
    "RIGHT",     "SELECT",   "SIMILAR",    "SOME",
    "SYMMETRIC", "TABLE",    "TABLESAMPLE", "THEN",
    "TRUE",      "UNION",    "UNKNOWN",    "UNNEST",
    "UNPIVOT",   "USING",    "VALUES",     "WHEN",
    "WHERE",     "WINDOW",   "WITH"};

constexpr absl::string_view kBareFunctions[] = {
    "CURRENT_CATALOG", "CURRENT_DATE",   "CURRENT_TIME", "CURRENT_TIMESTAMP",
    "CURRENT_USER",    "LOCALTIME",      "LOCALTIMESTAMP", "SESSION_USER",
    "SYSTEM_USER"};

static_assert(std::ranges::is_sorted(kReserved));
static_assert(std::ranges::is_sorted(kBareFunctions));

}  // namespace

bool IsReserved(absl::string_view upper) {
  return std::ranges::binary_search(kReserved, upper) ||
         IsBareFunction(upper);
}

bool IsBareFunction(absl::string_view upper) {
  return std::ranges::binary_search(kBareFunctions, upper);
}

}  // namespace millrace::sql
