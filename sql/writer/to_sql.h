#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// Trees back to text that parses to the same tree: one line, keywords in
// capitals, only the parentheses that are needed. For SHOW CREATE VIEW,
// computed columns' text, plans, messages. Pure functions.

// Identifiers in backticks always (as Flink stores views), or only where they
// would not parse bare (as people write).
enum class QuoteStyle : uint8_t { kWhereNeeded, kAlways };

std::string ToSql(const Expression& node,
                  QuoteStyle quotes = QuoteStyle::kWhereNeeded);
std::string ToSql(const Query& node,
                  QuoteStyle quotes = QuoteStyle::kWhereNeeded);
std::string ToSql(const TableReference& node,
                  QuoteStyle quotes = QuoteStyle::kWhereNeeded);
std::string ToSql(const Statement& node,
                  QuoteStyle quotes = QuoteStyle::kWhereNeeded);
std::string ToSql(const TypeName& type);

// `a``b`; bare where `quotes` allows it.
std::string QuoteIdentifier(absl::string_view name,
                            QuoteStyle quotes = QuoteStyle::kAlways);
// 'it''s'
std::string QuoteString(absl::string_view text);

}  // namespace millrace::sql
